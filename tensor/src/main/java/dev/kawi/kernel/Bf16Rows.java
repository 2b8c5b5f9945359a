package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

// How it works. The processor's product of BF16 numbers (`vdpbf16ps`) takes pairs: to each of
// sixteen sums it adds first the product of the odd elements of its pair, then that of the even
// ones. So the numeric definition takes the 32 elements of a chunk in this order: the odd ones, one
// to a lane, then the even ones. Kernels that have the instruction keep a row as it is, in BF16;
// all others keep it in F32 with each chunk in that order, and then do what they do with weights in
// F32. Either way a row begins a whole number of lines after the one before it, an odd number, so
// that the same element of many rows does not fall into one set of the cache.

/// Rows of activations rounded to BF16, to nearest with ties to even, the form in which they meet
/// weights in BF16. Numbers below 2^-126 become zero. Rows are filled up with zeros to a multiple
/// of [#CHUNK].
///
/// @param rows number of rows
/// @param cols elements of a row
/// @param data the rows, [#rowBytes] apart, as [Kernels#round] of one tier writes them and only
///   that tier reads them
public record Bf16Rows(int rows, int cols, MemorySegment data) implements Rounded {
  /// Elements that are taken together.
  public static final int CHUNK = 32;

  private static final int LINE = 64;

  /// Checks the memory.
  public Bf16Rows {
    if (data.byteSize() < bytes(rows, cols)) {
      throw new IllegalArgumentException(
          "BF16 rows of [%d, %d] need %d bytes, the memory has %d"
              .formatted(rows, cols, bytes(rows, cols), data.byteSize()));
    }
  }

  /// Rows in memory of this arena.
  public static Bf16Rows allocate(Arena arena, int rows, int cols) {
    return new Bf16Rows(rows, cols, arena.allocate(Math.max(1, bytes(rows, cols)), LINE));
  }

  /// The rounded rows that a kernel cannot do without.
  ///
  /// @throws IllegalArgumentException if they are not there
  public static Bf16Rows needed(@Nullable Rounded rounded) {
    if (rounded instanceof Bf16Rows rows) {
      return rows;
    }
    throw new IllegalArgumentException("Bug: weights in BF16 need activations in BF16");
  }

  /// Bytes that rows take.
  public static long bytes(int rows, int cols) {
    return rows * rowBytes(cols);
  }

  /// Bytes from a row to the next.
  public static long rowBytes(int cols) {
    return (long) ((padded(cols) * Float.BYTES / LINE) | 1) * LINE;
  }

  /// Elements of a row with the zeros that fill it up.
  static int padded(int cols) {
    return Math.ceilDiv(cols, CHUNK) * CHUNK;
  }

  /// Where element k of a row stands when each chunk is in the order of the definition.
  static int place(int k) {
    return k - k % CHUNK + (1 - k % 2) * (CHUNK / 2) + k % CHUNK / 2;
  }

  /// x in BF16, as the upper half of a float.
  static float rounded(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (Math.abs(x) < Float.MIN_NORMAL) {
      bits = 0;
    } else if (Float.isNaN(x)) {
      bits |= 0x40_0000;
    } else {
      bits += 0x7FFF + ((bits >>> 16) & 1);
    }
    return Float.intBitsToFloat(bits & 0xFFFF_0000);
  }

  /// Rounds the rows from `from` to `to` (exclusive) of x in plain Java, to F32 in the order of the
  /// definition.
  void round(Tensor x, int from, int to) {
    for (int row = from; row < to; row++) {
      long at = row * rowBytes(cols);
      for (int k = 0; k < padded(cols); k++) {
        float value = k < cols ? rounded(x.get(row, k)) : 0;
        data.set(JAVA_FLOAT, at + 4L * place(k), value);
      }
    }
  }
}
