package dev.kawi.kernel;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

// Why transposed: a score is a sum over the elements of a head. With positions side by side a
// vector holds the sums of as many positions, each an fma after another, and nothing is folded.
// Attention then is twice the same loop: weights (a query, or the softmax) times rows (elements of
// keys, or values).

/// Keys of one head in a page, transposed: [headDim, pageSize]. Q8_0 has its levels so, followed by
/// the f16 scales [headDim / 32, pageSize]. As many bytes as if the keys lay one after another.
public final class KeyPage {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int BLOCK = 32;
  private static final int BLOCK_BYTES = StorageType.Q8_0.blockBytes();

  private KeyPage() {}

  /// Puts a key where the position `slot` of the page has it.
  ///
  /// @param from the key, `headDim` floats from byte `fromByte`
  /// @param page where the keys of the head begin at byte `at`
  public static void store(
      StorageType type,
      MemorySegment from,
      long fromByte,
      int headDim,
      MemorySegment page,
      long at,
      int pageSize,
      int slot) {
    switch (type) {
      case F32 -> {
        for (int d = 0; d < headDim; d++) {
          page.set(
              FLOAT, at + 4L * ((long) d * pageSize + slot), from.get(FLOAT, fromByte + 4L * d));
        }
      }
      case F16 -> {
        for (int d = 0; d < headDim; d++) {
          short half = Float.floatToFloat16(from.get(FLOAT, fromByte + 4L * d));
          page.set(SHORT, at + 2L * ((long) d * pageSize + slot), half);
        }
      }
      case Q8_0 -> storeQ8(from, fromByte, headDim, page, at, pageSize, slot);
      default -> throw new AssertionError("Bug: keys cannot be " + type);
    }
  }

  private static void storeQ8(
      MemorySegment from,
      long fromByte,
      int headDim,
      MemorySegment page,
      long at,
      int pageSize,
      int slot) {
    MemorySegment block = MemorySegment.ofArray(new byte[BLOCK_BYTES]);
    long scales = at + (long) headDim * pageSize;
    for (int b = 0; b < headDim / BLOCK; b++) {
      Quantize.row(StorageType.Q8_0, from, fromByte + 4L * BLOCK * b, block, 0, BLOCK);
      page.set(SHORT, scales + 2L * ((long) b * pageSize + slot), block.get(SHORT, 0));
      for (int i = 0; i < BLOCK; i++) {
        long to = at + (long) (BLOCK * b + i) * pageSize + slot;
        page.set(ValueLayout.JAVA_BYTE, to, block.get(ValueLayout.JAVA_BYTE, 2 + i));
      }
    }
  }

  /// Element `d` of the key of position `slot`.
  static float get(
      StorageType type, MemorySegment page, long at, int headDim, int pageSize, int d, int slot) {
    long index = (long) d * pageSize + slot;
    return switch (type) {
      case F32 -> page.get(FLOAT, at + 4 * index);
      case F16 -> Float.float16ToFloat(page.get(SHORT, at + 2 * index));
      case Q8_0 -> {
        long scales = at + (long) headDim * pageSize;
        short scale = page.get(SHORT, scales + 2L * ((long) d / BLOCK * pageSize + slot));
        yield page.get(ValueLayout.JAVA_BYTE, at + index) * Float.float16ToFloat(scale);
      }
      default -> throw new AssertionError("Bug: keys cannot be " + type);
    };
  }

  /// Writes all keys of a page as floats, [headDim, pageSize].
  static void expand(
      StorageType type, MemorySegment page, long at, int headDim, int pageSize, float[] to) {
    int count = headDim * pageSize;
    switch (type) {
      case F32 -> MemorySegment.copy(page, FLOAT, at, to, 0, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          to[i] = Float.float16ToFloat(page.get(SHORT, at + 2L * i));
        }
      }
      case Q8_0 -> {
        for (int d = 0; d < headDim; d++) {
          long scales = at + count + 2L * pageSize * (d / BLOCK);
          for (int p = 0; p < pageSize; p++) {
            int i = d * pageSize + p;
            to[i] =
                page.get(ValueLayout.JAVA_BYTE, at + i)
                    * Float.float16ToFloat(page.get(SHORT, scales + 2L * p));
          }
        }
      }
      default -> throw new AssertionError("Bug: keys cannot be " + type);
    }
  }
}
