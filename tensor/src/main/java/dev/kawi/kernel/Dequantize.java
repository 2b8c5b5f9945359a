package dev.kawi.kernel;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Turns stored rows into f32, one block after another, in plain Java, equal bit for bit to ggml;
/// every other kernel is tested against it. What a block means is told by [Blocks].
public final class Dequantize {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Dequantize() {}

  /// All of a matrix as f32, in memory that the garbage collector frees.
  public static Tensor matrix(Matrix matrix) {
    int cols = matrix.cols();
    Tensor all = Tensor.zeros(Arena.ofAuto(), matrix.rows(), cols);
    for (int r = 0; r < matrix.rows(); r++) {
      long to = (long) r * cols * Float.BYTES;
      row(matrix.type(), matrix.data(), r * matrix.rowBytes(), all.data(), to, cols);
    }
    return all;
  }

  /// Writes `elements` elements as f32.
  ///
  /// @param src stored blocks of this type, from byte `srcOffset`
  /// @param dst f32, little endian, from byte `dstOffset`
  /// @param elements a whole number of blocks
  public static void row(
      StorageType type,
      MemorySegment src,
      long srcOffset,
      MemorySegment dst,
      long dstOffset,
      int elements) {
    long bytes = type.bytes(elements);
    switch (type) {
      case F32 -> MemorySegment.copy(src, srcOffset, dst, dstOffset, bytes);
      case F16 -> f16s(src, srcOffset, dst, dstOffset, elements);
      case BF16 -> bf16s(src, srcOffset, dst, dstOffset, elements);
      default -> blocks(type, src.asSlice(srcOffset, bytes), dst, dstOffset);
    }
  }

  private static void f16s(MemorySegment src, long x, MemorySegment dst, long y, int elements) {
    for (int i = 0; i < elements; i++) {
      dst.set(FLOAT, y + 4L * i, Float.float16ToFloat(src.get(SHORT, x + 2L * i)));
    }
  }

  private static void bf16s(MemorySegment src, long x, MemorySegment dst, long y, int elements) {
    for (int i = 0; i < elements; i++) {
      dst.set(INT, y + 4L * i, src.get(SHORT, x + 2L * i) << 16);
    }
  }

  private static void blocks(StorageType type, MemorySegment src, MemorySegment dst, long to) {
    Blocks blocks = new Blocks(type, src);
    long y = to;
    for (long x = 0; x < src.byteSize(); x += type.blockBytes()) {
      blocks.read(x);
      for (int i = 0; i < type.blockSize(); i++) {
        dst.set(FLOAT, y + 4L * i, element(blocks, i));
      }
      y += 4L * type.blockSize();
    }
  }

  /// Adding a minimum of 0 would turn -0 into 0.
  private static float element(Blocks blocks, int i) {
    int sub = i / blocks.subSize();
    float product = blocks.scales[sub] * blocks.levels[i];
    return blocks.hasMins() ? product + blocks.mins[sub] : product;
  }
}
