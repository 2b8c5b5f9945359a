package dev.kawi.kernel;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// A stored matrix as the kernels of a tier read it: packed into groups of sixteen rows as
/// [BlockLayout] tells, or as it is stored.
///
/// @param matrix what was stored; may have lost its pages, but can be read again
/// @param packed groups of sixteen rows, the last one filled up with zeros; [MemorySegment#NULL] if
///   the matrix is read as it is stored
public record PackedMatrix(Matrix matrix, MemorySegment packed) {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final int WORD = 4 * GROUP_ROWS;

  /// A matrix that is read as it is stored.
  public static PackedMatrix stored(Matrix matrix) {
    return new PackedMatrix(matrix, MemorySegment.NULL);
  }

  /// Bytes that a matrix takes when it is packed; 0 if it is read as it is stored.
  public static long packedBytes(Matrix matrix) {
    return BlockLayout.isPacked(matrix.type()) ? groups(matrix) * groupBytes(matrix) : 0;
  }

  /// Groups of sixteen rows, the last one perhaps not full.
  public static long groups(Matrix matrix) {
    return Math.ceilDiv(matrix.rows(), GROUP_ROWS);
  }

  /// Bytes of a group of sixteen rows.
  public static long groupBytes(Matrix matrix) {
    BlockLayout layout = BlockLayout.of(matrix.type());
    return (long) (matrix.cols() / layout.unitSize()) * layout.unitBytes();
  }

  /// Packs the groups of rows from `from` to `to` (exclusive) of a matrix into memory that holds
  /// all of them and is zero so far.
  public static void pack(Matrix matrix, MemorySegment packed, int from, int to) {
    BlockLayout layout = BlockLayout.of(matrix.type());
    int units = matrix.cols() / layout.unitSize();
    long groupBytes = groupBytes(matrix);
    long rowBytes = matrix.rowBytes();
    for (int group = from; group < to; group++) {
      int rows = Math.min(GROUP_ROWS, matrix.rows() - group * GROUP_ROWS);
      for (int unit = 0; unit < units; unit++) {
        long source =
            (long) group * GROUP_ROWS * rowBytes + unit * (long) layout.type().blockBytes();
        long target = group * groupBytes + unit * (long) layout.unitBytes();
        for (int row = 0; row < rows; row++) {
          block(layout, matrix.data(), source + row * rowBytes, packed, target, row);
        }
      }
    }
  }

  /// Puts the block at byte `x` into lane `row` of the unit at byte `y`.
  private static void block(
      BlockLayout layout, MemorySegment src, long x, MemorySegment dst, long y, int row) {
    long d = y + 2L * row;
    long m = d + layout.minOffset();
    long small = y + layout.smallOffset() + row;
    long w = y + layout.wordOffset() + 4L * row;
    switch (layout.type()) {
      case Q8_0 -> {
        half(src, x, dst, d);
        for (int i = 0; i < 8; i++) {
          dst.set(INT, w + (long) WORD * i, src.get(INT, x + 2 + 4L * i) ^ 0x80808080);
        }
      }
      case Q4_0, IQ4_NL -> {
        half(src, x, dst, d);
        words(src, x + 2, 4, dst, w);
      }
      case MXFP4 -> {
        float scale = Blocks.halfOfE8m0(Byte.toUnsignedInt(src.get(BYTE, x)));
        dst.set(SHORT, d, (short) (Float.floatToRawIntBits(scale) >>> 16));
        words(src, x + 1, 4, dst, w);
      }
      case Q4_1 -> {
        half(src, x, dst, d);
        half(src, x + 2, dst, m);
        words(src, x + 4, 4, dst, w);
      }
      case Q5_0 -> {
        half(src, x, dst, d);
        dst.set(INT, w, fifthBitsByByte(src.get(INT, x + 2)));
        words(src, x + 6, 4, dst, w + WORD);
      }
      case Q5_1 -> {
        half(src, x, dst, d);
        half(src, x + 2, dst, m);
        dst.set(INT, w, fifthBitsByByte(src.get(INT, x + 4)));
        words(src, x + 8, 4, dst, w + WORD);
      }
      case Q2_K -> {
        half(src, x + 80, dst, d);
        half(src, x + 82, dst, m);
        for (int sub = 0; sub < 16; sub++) {
          dst.set(BYTE, small + (long) GROUP_ROWS * sub, src.get(BYTE, x + sub));
        }
        words(src, x + 16, 16, dst, w);
      }
      case Q3_K -> {
        half(src, x + 108, dst, d);
        smallScales(layout.type(), src, x, dst, small, 16);
        words(src, x, 24, dst, w);
      }
      case Q4_K, Q5_K -> {
        half(src, x, dst, d);
        half(src, x + 2, dst, m);
        smallScales(layout.type(), src, x, dst, small, 8);
        for (int sub = 0; sub < 8; sub++) {
          int min = Blocks.minK4(src, x + 4, sub);
          dst.set(BYTE, small + (long) GROUP_ROWS * (8 + sub), (byte) min);
        }
        words(src, x + 16, layout.words(), dst, w);
      }
      case Q6_K -> {
        half(src, x + 208, dst, d);
        for (int sub = 0; sub < 16; sub++) {
          dst.set(BYTE, small + (long) GROUP_ROWS * sub, src.get(BYTE, x + 192 + sub));
        }
        q6KWords(src, x, dst, w);
      }
      case IQ4_XS -> {
        half(src, x, dst, d);
        smallScales(layout.type(), src, x, dst, small, 8);
        words(src, x + 8, 32, dst, w);
      }
      case F32, F16, BF16 -> throw new AssertionError("Bug: " + layout.type() + " is not packed");
    }
  }

  private static void smallScales(
      StorageType type, MemorySegment src, long x, MemorySegment dst, long small, int subs) {
    for (int sub = 0; sub < subs; sub++) {
      int scale =
          switch (type) {
            case Q3_K -> Blocks.q3KScale(src, x + 96, sub) - 32;
            case IQ4_XS -> Blocks.iq4XsScale(src, x, sub) - 32;
            default -> Blocks.scaleK4(src, x + 4, sub);
          };
      dst.set(BYTE, small + (long) GROUP_ROWS * sub, (byte) scale);
    }
  }

  private static void half(MemorySegment src, long x, MemorySegment dst, long y) {
    dst.set(SHORT, y, src.get(SHORT, x));
  }

  private static void words(MemorySegment src, long x, int count, MemorySegment dst, long y) {
    for (int i = 0; i < count; i++) {
      dst.set(INT, y + (long) WORD * i, src.get(INT, x + 4L * i));
    }
  }

  /// For each half of a block: its first 8 words of lower bits, each followed by a word of upper
  /// bits, then its other 8 words of lower bits.
  private static void q6KWords(MemorySegment src, long x, MemorySegment dst, long y) {
    for (int half = 0; half < 2; half++) {
      long low = x + 64L * half;
      long high = x + 128 + 32L * half;
      long to = y + (long) WORD * 24 * half;
      for (int i = 0; i < 8; i++) {
        dst.set(INT, to + 2L * WORD * i, src.get(INT, low + 4L * i));
        dst.set(INT, to + 2L * WORD * i + WORD, src.get(INT, high + 4L * i));
        dst.set(INT, to + WORD * (16L + i), src.get(INT, low + 32 + 4L * i));
      }
    }
  }

  /// Moves bit 4 g + b to bit g of byte b.
  private static int fifthBitsByByte(int bits) {
    int moved = 0;
    for (int b = 0; b < 4; b++) {
      moved |= Integer.compress(bits, 0x11111111 << b) << (8 * b);
    }
    return moved;
  }
}
