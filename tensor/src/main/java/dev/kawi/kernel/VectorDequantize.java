package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

// How it works. Sixteen quantized values are always one vector of sixteen bytes, which is widened
// to floats in one, two or four pieces, as the machine's vectors are wide. The pieces are written
// out because the part number of a conversion must be a constant to become an instruction. All
// arithmetic is that of Dequantize: one multiplication, and one addition where the type has a
// minimum.

/// Dequantization on the Vector API for the types that carry most models; the others go the scalar
/// way. Equal to [Dequantize] bit for bit.
final class VectorDequantize {
  private static final VectorSpecies<Float> F = VectorKernels.F;
  private static final VectorSpecies<Byte> B = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> I = F.vectorShape().withLanes(int.class);
  private static final int L = F.length();
  private static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(16 * L));
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

  private VectorDequantize() {}

  static void row(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count) {
    switch (type) {
      case F32 -> MemorySegment.copy(from, fromByte, to, toByte, 4L * count);
      case BF16 -> bf16(from, fromByte, to, toByte, count);
      case Q8_0 -> q8_0(from, fromByte, to, toByte, count);
      case Q4_0 -> q4_0(from, fromByte, to, toByte, count);
      case Q4_1 -> q4_1(from, fromByte, to, toByte, count);
      case Q4_K -> q4K(from, fromByte, to, toByte, count);
      case Q5_K -> q5K(from, fromByte, to, toByte, count);
      case Q6_K -> q6K(from, fromByte, to, toByte, count);
      default -> Dequantize.row(type, from, fromByte, to, toByte, count);
    }
  }

  private static void bf16(MemorySegment from, long x, MemorySegment to, long y, int count) {
    int i = 0;
    for (; i + L <= count; i += L) {
      bf16(from, x + 2L * i).intoMemorySegment(to, y + 4L * i, ORDER);
    }
    if (i < count) {
      Dequantize.row(StorageType.BF16, from, x + 2L * i, to, y + 4L * i, count - i);
    }
  }

  /// One vector of BF16 as floats.
  static FloatVector bf16(MemorySegment from, long at) {
    IntVector bits =
        (IntVector)
            ShortVector.fromMemorySegment(S, from, at, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
    return bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static void q8_0(MemorySegment from, long x, MemorySegment to, long y, int count) {
    long end = y + 4L * count;
    for (; y < end; x += 34, y += 128) {
      float d = f16(from, x);
      scaled(bytes(from, x + 2), d, to, y);
      scaled(bytes(from, x + 18), d, to, y + 64);
    }
  }

  private static void q4_0(MemorySegment from, long x, MemorySegment to, long y, int count) {
    long end = y + 4L * count;
    for (; y < end; x += 18, y += 128) {
      float d = f16(from, x);
      ByteVector q = bytes(from, x + 2);
      scaled(low(q).sub((byte) 8), d, to, y);
      scaled(high(q).sub((byte) 8), d, to, y + 64);
    }
  }

  private static void q4_1(MemorySegment from, long x, MemorySegment to, long y, int count) {
    long end = y + 4L * count;
    for (; y < end; x += 20, y += 128) {
      float d = f16(from, x);
      float m = f16(from, x + 2);
      ByteVector q = bytes(from, x + 4);
      scaledPlus(low(q), d, m, to, y);
      scaledPlus(high(q), d, m, to, y + 64);
    }
  }

  private static void q4K(MemorySegment from, long x, MemorySegment to, long y, int count) {
    long end = y + 4L * count;
    for (; y < end; x += 144, y += 1024) {
      float d = f16(from, x);
      float dMin = f16(from, x + 2);
      for (int pair = 0; pair < 4; pair++) {
        float d0 = d * Blocks.scaleK4(from, x + 4, 2 * pair);
        float m0 = dMin * Blocks.minK4(from, x + 4, 2 * pair);
        float d1 = d * Blocks.scaleK4(from, x + 4, 2 * pair + 1);
        float m1 = dMin * Blocks.minK4(from, x + 4, 2 * pair + 1);
        long q = x + 16 + 32L * pair;
        long to0 = y + 256L * pair;
        ByteVector a = bytes(from, q);
        ByteVector b = bytes(from, q + 16);
        scaledPlus(low(a), d0, -m0, to, to0);
        scaledPlus(low(b), d0, -m0, to, to0 + 64);
        scaledPlus(high(a), d1, -m1, to, to0 + 128);
        scaledPlus(high(b), d1, -m1, to, to0 + 192);
      }
    }
  }

  private static void q5K(MemorySegment from, long x, MemorySegment to, long y, int count) {
    long end = y + 4L * count;
    for (; y < end; x += 176, y += 1024) {
      float d = f16(from, x);
      float dMin = f16(from, x + 2);
      ByteVector fifthA = bytes(from, x + 16);
      ByteVector fifthB = bytes(from, x + 32);
      for (int sub = 0; sub < 8; sub++) {
        float dl = d * Blocks.scaleK4(from, x + 4, sub);
        float ml = dMin * Blocks.minK4(from, x + 4, sub);
        long q = x + 48 + 32L * (sub / 2);
        ByteVector a = nibble(bytes(from, q), sub % 2).or(bit(fifthA, sub));
        ByteVector b = nibble(bytes(from, q + 16), sub % 2).or(bit(fifthB, sub));
        scaledPlus(a, dl, -ml, to, y + 128L * sub);
        scaledPlus(b, dl, -ml, to, y + 128L * sub + 64);
      }
    }
  }

  private static void q6K(MemorySegment from, long x, MemorySegment to, long y, int count) {
    long end = y + 4L * count;
    for (; y < end; x += 210, y += 1024) {
      float d = f16(from, x + 208);
      for (int sub = 0; sub < 16; sub++) {
        float dl = d * from.get(JAVA_BYTE, x + 192 + sub);
        int half = sub / 8;
        int run = sub / 2 % 4;
        ByteVector four =
            nibble(bytes(from, x + 64L * half + 32L * (run % 2) + 16L * (sub % 2)), run / 2);
        ByteVector packed = bytes(from, x + 128 + 32L * half + 16L * (sub % 2));
        ByteVector two = left4(right(packed, 2 * run).and((byte) 3));
        scaled(four.or(two).sub((byte) 32), dl, to, y + 64L * sub);
      }
    }
  }

  private static ByteVector bytes(MemorySegment from, long at) {
    return ByteVector.fromMemorySegment(B, from, at, ORDER);
  }

  private static ByteVector low(ByteVector q) {
    return q.and((byte) 0xF);
  }

  private static ByteVector high(ByteVector q) {
    return right(q, 4).and((byte) 0xF);
  }

  /// The bytes shifted right; bits of a neighbour come in from above and are to be masked. There is
  /// no instruction that shifts bytes, so they are shifted as ints.
  private static ByteVector right(ByteVector q, int bits) {
    return q.reinterpretAsInts().lanewise(VectorOperators.LSHR, bits).reinterpretAsBytes();
  }

  /// The bytes, whose upper bits are clear, shifted left.
  private static ByteVector left4(ByteVector q) {
    return q.reinterpretAsInts().lanewise(VectorOperators.LSHL, 4).reinterpretAsBytes();
  }

  private static ByteVector nibble(ByteVector q, int which) {
    return which == 0 ? low(q) : high(q);
  }

  /// Bit `which` of each byte, as 16 or 0.
  private static ByteVector bit(ByteVector q, int which) {
    return q.lanewise(VectorOperators.LSHR, which).and((byte) 1).lanewise(VectorOperators.LSHL, 4);
  }

  private static float f16(MemorySegment from, long at) {
    return Float.float16ToFloat(from.get(SHORT, at));
  }

  /// Writes q * d for sixteen values.
  private static void scaled(ByteVector q, float d, MemorySegment to, long y) {
    if (L == 16) {
      part0(q).mul(d).intoMemorySegment(to, y, ORDER);
    } else if (L == 8) {
      part0(q).mul(d).intoMemorySegment(to, y, ORDER);
      part1(q).mul(d).intoMemorySegment(to, y + 32, ORDER);
    } else {
      part0(q).mul(d).intoMemorySegment(to, y, ORDER);
      part1(q).mul(d).intoMemorySegment(to, y + 16, ORDER);
      part2(q).mul(d).intoMemorySegment(to, y + 32, ORDER);
      part3(q).mul(d).intoMemorySegment(to, y + 48, ORDER);
    }
  }

  /// Writes q * d + m for sixteen values.
  private static void scaledPlus(ByteVector q, float d, float m, MemorySegment to, long y) {
    if (L == 16) {
      part0(q).mul(d).add(m).intoMemorySegment(to, y, ORDER);
    } else if (L == 8) {
      part0(q).mul(d).add(m).intoMemorySegment(to, y, ORDER);
      part1(q).mul(d).add(m).intoMemorySegment(to, y + 32, ORDER);
    } else {
      part0(q).mul(d).add(m).intoMemorySegment(to, y, ORDER);
      part1(q).mul(d).add(m).intoMemorySegment(to, y + 16, ORDER);
      part2(q).mul(d).add(m).intoMemorySegment(to, y + 32, ORDER);
      part3(q).mul(d).add(m).intoMemorySegment(to, y + 48, ORDER);
    }
  }

  private static FloatVector part0(ByteVector q) {
    return (FloatVector) q.convertShape(VectorOperators.B2F, F, 0);
  }

  private static FloatVector part1(ByteVector q) {
    return (FloatVector) q.convertShape(VectorOperators.B2F, F, 1);
  }

  private static FloatVector part2(ByteVector q) {
    return (FloatVector) q.convertShape(VectorOperators.B2F, F, 2);
  }

  private static FloatVector part3(ByteVector q) {
    return (FloatVector) q.convertShape(VectorOperators.B2F, F, 3);
  }
}
