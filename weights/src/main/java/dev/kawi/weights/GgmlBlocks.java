package dev.kawi.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/// Turns quantized blocks of formats before ggjt 3 into those of GGUF. The quants stay what they
/// are, only their places change. A scale that was F32 becomes F16, as in ggjt 3 itself: that
/// rounds it by at most 1 part in 2048, a hundredth of what quantizing to 4 bits cost.
///
/// A block is its scales (one; for Q4_1 and Q5_1 two), for Q5_0 and Q5_1 four bytes with the fifth
/// bits in the order of the elements, then the quants.
///
/// @param type what is converted
/// @param wide whether the scales are F32, else F16
/// @param paired whether a byte of quants holds neighbours, else elements that are 16 apart
record GgmlBlocks(StorageType type, boolean wide, boolean paired) {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PAIRS = 16;

  /// What must be done to blocks, if anything.
  static Optional<GgmlBlocks> of(GgmlFormat format, StorageType type) {
    boolean paired =
        format.pairsNeighbours()
            && switch (type) {
              case Q4_0, Q4_1, Q5_0, Q5_1 -> true;
              default -> false;
            };
    GgmlBlocks blocks = new GgmlBlocks(type, hasWideScales(format, type), paired);
    return Optional.of(blocks).filter(b -> b.wide || b.paired);
  }

  /// Bytes of a block in a file of this format.
  static int storedBytes(GgmlFormat format, StorageType type) {
    return type.blockBytes() + (hasWideScales(format, type) ? 2 * scales(type) : 0);
  }

  private static boolean hasWideScales(GgmlFormat format, StorageType type) {
    return format.hasWideScales()
        && switch (type) {
          case Q4_0, Q4_1, Q8_0 -> true;
          default -> false;
        };
  }

  private static int scales(StorageType type) {
    return type == StorageType.Q4_1 || type == StorageType.Q5_1 ? 2 : 1;
  }

  /// The blocks of the tensor `name` as GGUF has them, in the arena.
  MemorySegment convert(MemorySegment stored, String name, Arena arena) {
    int scaleBytes = scales(type) * (wide ? 4 : 2);
    int storedBlock = type.blockBytes() - 2 * scales(type) + scaleBytes;
    long count = stored.byteSize() / storedBlock;
    MemorySegment blocks = arena.allocate(count * type.blockBytes(), 64);
    for (long i = 0; i < count; i++) {
      MemorySegment from = stored.asSlice(i * storedBlock, storedBlock);
      MemorySegment to = blocks.asSlice(i * type.blockBytes(), type.blockBytes());
      copyScales(from, to, name);
      copyQuants(from.asSlice(scaleBytes), to.asSlice(2L * scales(type)));
    }
    return blocks;
  }

  private void copyScales(MemorySegment from, MemorySegment to, String name) {
    for (int i = 0; i < scales(type); i++) {
      to.set(
          SHORT,
          2L * i,
          wide ? half(from.get(LittleEndian.FLOAT, 4L * i), name) : from.get(SHORT, 2L * i));
    }
  }

  private static short half(float scale, String name) {
    short half = Float.floatToFloat16(scale);
    if (!Float.isFinite(Float.float16ToFloat(half))) {
      throw new ModelFormatException(
          "ggml: a block of %s has the scale %s; expected one that F16 can hold: is the file damaged?"
              .formatted(name, scale));
    }
    return half;
  }

  private void copyQuants(MemorySegment from, MemorySegment to) {
    if (!paired) {
      to.copyFrom(from);
      return;
    }
    long fifthBits = to.byteSize() - PAIRS;
    MemorySegment.copy(from, 0, to, 0, fifthBits);
    for (int i = 0; i < PAIRS; i++) {
      int low = quant(from, fifthBits, i);
      int high = quant(from, fifthBits, i + PAIRS);
      to.set(JAVA_BYTE, fifthBits + i, (byte) (low | high << 4));
    }
  }

  private static int quant(MemorySegment from, long quants, int element) {
    int pair = Byte.toUnsignedInt(from.get(JAVA_BYTE, quants + element / 2));
    return element % 2 == 0 ? pair & 0xF : pair >> 4;
  }
}
