package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

// A record of 64 bytes, one line of the cache, for each 32 elements of a row: 32 signed bytes, then
// what a kernel would otherwise have to compute again for every sixteen rows of weights:
//
//   32  f32  scale
//   36  f32  scale * sum of the 32 levels       for weights with minimums by 32
//   40  f32  scale * sum of the first 16        by 16
//   44  f32  scale * sum of the last 16
//   48  i32  -128 * sum of the 32 levels        start of a sum over unsigned weights
//   52  i32  -8 * sum of the 32 levels
//   56  i32  -4 * sum of the first 16
//   60  i32  -4 * sum of the last 16

/// Rows of activations rounded to int8 in blocks of 32, the form in which they meet block-quantized
/// weights. The numeric definition:
///
/// - `scale` = largest magnitude / 127, a level is `x * (127 / largest magnitude)` rounded to
///   nearest, ties to even;
/// - a block whose largest magnitude is below [#TINY] is zero;
/// - a block with a NaN or an infinity has the scale NaN, and its levels mean nothing.
///
/// @param rows number of rows
/// @param cols elements of a row, a multiple of 32
/// @param data the records, row by row, rows [#rowBytes] apart
public record RoundedRows(int rows, int cols, MemorySegment data) implements Rounded {
  /// Elements that share a scale.
  public static final int BLOCK = 32;

  /// Bytes of a record.
  public static final int RECORD_BYTES = 64;

  public static final int SCALE = 32;
  public static final int SCALED_SUM = 36;
  public static final int SCALED_SUM_OF_FIRST = 40;
  public static final int SCALED_SUM_OF_LAST = 44;
  public static final int MINUS_128_SUM = 48;
  public static final int MINUS_8_SUM = 52;
  public static final int MINUS_4_SUM_OF_FIRST = 56;
  public static final int MINUS_4_SUM_OF_LAST = 60;

  /// Smaller magnitudes count as zero: 127 divided by them would not be finite, or nearly so.
  public static final float TINY = 0x1p-100f;

  /// Checks the memory.
  public RoundedRows {
    if (cols % BLOCK != 0 || data.byteSize() < bytes(rows, cols)) {
      throw new IllegalArgumentException(
          "rounded rows of [%d, %d] need a multiple of %d columns and %d bytes, the memory has %d"
              .formatted(rows, cols, BLOCK, bytes(rows, cols), data.byteSize()));
    }
  }

  /// Rows in memory of this arena.
  public static RoundedRows allocate(Arena arena, int rows, int cols) {
    return new RoundedRows(rows, cols, arena.allocate(Math.max(1, bytes(rows, cols)), 64));
  }

  /// The rounded rows that a kernel cannot do without.
  static RoundedRows needed(@Nullable Rounded rounded) {
    if (rounded instanceof RoundedRows rows) {
      return rows;
    }
    throw new IllegalArgumentException("Bug: weights in blocks need rounded activations");
  }

  /// Bytes that rows take.
  public static long bytes(int rows, int cols) {
    return rows * rowBytes(cols);
  }

  /// Bytes from a row to the next: an odd number of lines, so that the same element of many rows
  /// does not fall into one set of the cache, which has room for few.
  public static long rowBytes(int cols) {
    return (long) ((cols / BLOCK) | 1) * RECORD_BYTES;
  }

  /// Where the record of a block begins.
  long at(int row, int block) {
    return row * rowBytes(cols) + (long) block * RECORD_BYTES;
  }

  /// A level.
  int level(int row, int k) {
    return data.get(JAVA_BYTE, at(row, k / BLOCK) + k % BLOCK);
  }

  /// A float of a record.
  float f32(int row, int block, int field) {
    return data.get(JAVA_FLOAT, at(row, block) + field);
  }

  /// The scale times the sum of the `count` levels from element `k`: a block, or one half of it.
  float scaledSum(int row, int k, int count) {
    int half = k % BLOCK / (BLOCK / 2);
    int field = count == BLOCK ? SCALED_SUM : SCALED_SUM_OF_FIRST + Float.BYTES * half;
    return f32(row, k / BLOCK, field);
  }

  /// Rounds the rows from `from` to `to` (exclusive) of x in plain Java.
  void round(Tensor x, int from, int to) {
    for (int row = from; row < to; row++) {
      for (int block = 0; block < cols / BLOCK; block++) {
        roundBlock(x.data(), 4L * ((long) row * cols + (long) block * BLOCK), at(row, block));
      }
    }
  }

  private void roundBlock(MemorySegment x, long from, long to) {
    int magnitude = 0;
    for (int i = 0; i < BLOCK; i++) {
      magnitude = Math.max(magnitude, x.get(JAVA_INT, from + 4L * i) & 0x7FFF_FFFF);
    }
    float largest = Float.intBitsToFloat(magnitude);
    float inverse = inverse(largest);
    int first = 0;
    int last = 0;
    for (int i = 0; i < BLOCK; i++) {
      int level = (int) Math.rint(x.get(JAVA_FLOAT, from + 4L * i) * inverse);
      data.set(JAVA_BYTE, to + i, (byte) Math.clamp(level, -128, 127));
      if (i < BLOCK / 2) {
        first += level;
      } else {
        last += level;
      }
    }
    describe(to, scale(largest), first, last);
  }

  /// The scale of a block with this largest magnitude.
  static float scale(float largest) {
    if (largest < TINY) {
      return 0;
    }
    return Float.isFinite(largest) ? largest / 127f : Float.NaN;
  }

  /// What its elements are multiplied by.
  static float inverse(float largest) {
    return largest < TINY ? 0 : 127f / largest;
  }

  /// Writes what follows the levels of the record at byte `at`.
  void describe(long at, float scale, int first, int last) {
    data.set(JAVA_FLOAT, at + SCALE, scale);
    data.set(JAVA_FLOAT, at + SCALED_SUM, scale * (first + last));
    data.set(JAVA_FLOAT, at + SCALED_SUM_OF_FIRST, scale * first);
    data.set(JAVA_FLOAT, at + SCALED_SUM_OF_LAST, scale * last);
    data.set(JAVA_INT, at + MINUS_128_SUM, -128 * (first + last));
    data.set(JAVA_INT, at + MINUS_8_SUM, -8 * (first + last));
    data.set(JAVA_INT, at + MINUS_4_SUM_OF_FIRST, -4 * first);
    data.set(JAVA_INT, at + MINUS_4_SUM_OF_LAST, -4 * last);
  }
}
