package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Turns stored rows into f32, one block after another, in plain Java. This is the definition of
/// what each storage type means, equal bit for bit to ggml's; every other kernel is tested against
/// it.
///
/// Most blocks hold small integers `q` and one scale `d` (or a scale and a minimum) as f16. The
/// types ending in `_K` cut a block of 256 into sub-blocks whose own small scales multiply `d`. The
/// products are rounded to f32 in the order in which they stand here, never fused. Source: the
/// reference functions `dequantize_row_*` of ggml (`ggml-quants.c`).
public final class Dequantize {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// The sixteen levels of IQ4_NL and IQ4_XS.
  private static final byte[] IQ4_LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /// The values of FP4 (E2M1), doubled to be whole.
  private static final byte[] FP4_DOUBLED = {
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12
  };

  private final MemorySegment src;
  private final MemorySegment dst;

  private Dequantize(MemorySegment src, MemorySegment dst) {
    this.src = src;
    this.dst = dst;
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
    Dequantize rows = new Dequantize(src.asSlice(srcOffset, bytes), dst);
    switch (type) {
      case F32 -> MemorySegment.copy(src, srcOffset, dst, dstOffset, bytes);
      case F16 -> rows.f16s(dstOffset, elements);
      case BF16 -> rows.bf16s(dstOffset, elements);
      default -> {
        long y = dstOffset;
        for (long block = 0; block < bytes; block += type.blockBytes()) {
          rows.block(type, block, y);
          y += 4L * type.blockSize();
        }
      }
    }
  }

  private void block(StorageType type, long x, long y) {
    switch (type) {
      case Q4_0 -> q4_0(x, y);
      case Q4_1 -> q4_1(x, y);
      case Q5_0 -> q5_0(x, y);
      case Q5_1 -> q5_1(x, y);
      case Q8_0 -> q8_0(x, y);
      case Q2_K -> q2K(x, y);
      case Q3_K -> q3K(x, y);
      case Q4_K -> q4K(x, y);
      case Q5_K -> q5K(x, y);
      case Q6_K -> q6K(x, y);
      case IQ4_NL -> levels(IQ4_LEVELS, f16(x), x + 2, y);
      case IQ4_XS -> iq4Xs(x, y);
      case MXFP4 -> levels(FP4_DOUBLED, halfOfE8m0(u8(x)), x + 1, y);
      case F32, F16, BF16 -> throw new AssertionError("Bug: " + type + " has no blocks");
    }
  }

  private void f16s(long y, int elements) {
    for (int i = 0; i < elements; i++) {
      put(y, i, f16(2L * i));
    }
  }

  private void bf16s(long y, int elements) {
    for (int i = 0; i < elements; i++) {
      dst.set(INT, y + 4L * i, src.get(SHORT, 2L * i) << 16);
    }
  }

  /// f16 d, 16 bytes: element i in the low nibble of byte i, element i + 16 in the high one.
  private void q4_0(long x, long y) {
    float d = f16(x);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 2 + i);
      put(y, i, ((q & 0xF) - 8) * d);
      put(y, i + 16, ((q >> 4) - 8) * d);
    }
  }

  /// f16 d, f16 minimum, 16 bytes as in Q4_0.
  private void q4_1(long x, long y) {
    float d = f16(x);
    float m = f16(x + 2);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 4 + i);
      put(y, i, (q & 0xF) * d + m);
      put(y, i + 16, (q >> 4) * d + m);
    }
  }

  /// f16 d, 32 fifth bits, 16 bytes as in Q4_0.
  private void q5_0(long x, long y) {
    float d = f16(x);
    int high = src.get(INT, x + 2);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 6 + i);
      put(y, i, (fifth(q & 0xF, high, i) - 16) * d);
      put(y, i + 16, (fifth(q >> 4, high, i + 16) - 16) * d);
    }
  }

  /// f16 d, f16 minimum, 32 fifth bits, 16 bytes as in Q4_0.
  private void q5_1(long x, long y) {
    float d = f16(x);
    float m = f16(x + 2);
    int high = src.get(INT, x + 4);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 8 + i);
      put(y, i, fifth(q & 0xF, high, i) * d + m);
      put(y, i + 16, fifth(q >> 4, high, i + 16) * d + m);
    }
  }

  private static int fifth(int low, int high, int i) {
    return low | (((high >>> i) & 1) << 4);
  }

  /// f16 d, 32 signed bytes.
  private void q8_0(long x, long y) {
    float d = f16(x);
    for (int i = 0; i < 32; i++) {
      put(y, i, i8(x + 2 + i) * d);
    }
  }

  /// 16 bytes of 4-bit scale (low) and minimum (high) per 16 elements, 64 bytes of 2-bit q, f16 d,
  /// f16 d of the minimums. Half h of the block has its bytes at 32 h; pair p of bits in them is
  /// elements 32 p to 32 p + 31 of the half.
  private void q2K(long x, long y) {
    float d = f16(x + 80);
    float dMin = f16(x + 82);
    for (int sub = 0; sub < 16; sub++) {
      int scale = u8(x + sub);
      float dl = d * (scale & 0xF);
      float ml = dMin * (scale >> 4);
      long q = x + 16 + twoBits(sub);
      int shift = twoBitsShift(sub);
      for (int i = 0; i < 16; i++) {
        put(y, 16 * sub + i, dl * ((u8(q + i) >> shift) & 3) - ml);
      }
    }
  }

  /// The first byte of the 2-bit values of sub-block `sub` of 16 elements.
  private static int twoBits(int sub) {
    return 32 * (sub / 8) + 16 * (sub % 2);
  }

  private static int twoBitsShift(int sub) {
    return 2 * (sub / 2 % 4);
  }

  /// 32 bytes of third bits (bit s of byte i: element 32 s + i), 64 bytes of 2-bit q as in Q2_K, 12
  /// bytes of sixteen 6-bit scales, f16 d. An absent third bit means minus 4.
  private void q3K(long x, long y) {
    float d = f16(x + 108);
    for (int sub = 0; sub < 16; sub++) {
      float dl = d * (q3KScale(x + 96, sub) - 32);
      long q = x + 32 + twoBits(sub);
      int shift = twoBitsShift(sub);
      long third = x + 16L * (sub % 2);
      for (int i = 0; i < 16; i++) {
        int low = (u8(q + i) >> shift) & 3;
        int minus = ((u8(third + i) >> (sub / 2)) & 1) == 0 ? 4 : 0;
        put(y, 16 * sub + i, dl * (low - minus));
      }
    }
  }

  /// Sixteen 6-bit scales in 12 bytes: the low 4 bits in the nibbles of bytes 0 to 7, the high 2
  /// bits in the bit pairs of bytes 8 to 11.
  private int q3KScale(long scales, int sub) {
    int low = (u8(scales + sub % 8) >> (sub < 8 ? 0 : 4)) & 0xF;
    int high = (u8(scales + 8 + sub % 4) >> (2 * (sub / 4))) & 3;
    return low | (high << 4);
  }

  /// f16 d, f16 d of the minimums, 12 bytes of eight 6-bit scales and minimums, 128 bytes: 32 bytes
  /// hold 64 elements, the first 32 in the low nibbles.
  private void q4K(long x, long y) {
    float d = f16(x);
    float dMin = f16(x + 2);
    for (int sub = 0; sub < 8; sub++) {
      float dl = d * scaleK4(x + 4, sub);
      float ml = dMin * minK4(x + 4, sub);
      long q = x + 16 + 32L * (sub / 2);
      int shift = 4 * (sub % 2);
      for (int i = 0; i < 32; i++) {
        put(y, 32 * sub + i, dl * ((u8(q + i) >> shift) & 0xF) - ml);
      }
    }
  }

  /// As Q4_K, with 32 bytes of fifth bits (bit s of byte i: element 32 s + i) before the nibbles.
  private void q5K(long x, long y) {
    float d = f16(x);
    float dMin = f16(x + 2);
    for (int sub = 0; sub < 8; sub++) {
      float dl = d * scaleK4(x + 4, sub);
      float ml = dMin * minK4(x + 4, sub);
      long q = x + 48 + 32L * (sub / 2);
      int shift = 4 * (sub % 2);
      for (int i = 0; i < 32; i++) {
        int fifth = ((u8(x + 16 + i) >> sub) & 1) << 4;
        put(y, 32 * sub + i, dl * (((u8(q + i) >> shift) & 0xF) + fifth) - ml);
      }
    }
  }

  /// Eight scales and eight minimums of 6 bits in 12 bytes: the first four of each lie whole in
  /// bytes 0 to 7; of the others, bytes 8 to 11 hold the low 4 bits (scale low nibble, minimum
  /// high) and the top 2 bits of bytes 0 to 7 the rest.
  private int scaleK4(long packed, int sub) {
    return sub < 4
        ? u8(packed + sub) & 63
        : (u8(packed + sub + 4) & 0xF) | ((u8(packed + sub - 4) >> 6) << 4);
  }

  private int minK4(long packed, int sub) {
    return sub < 4
        ? u8(packed + sub + 4) & 63
        : (u8(packed + sub + 4) >> 4) | ((u8(packed + sub) >> 6) << 4);
  }

  /// 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, f16 d. Each half of
  /// 128 elements is four runs of 32.
  private void q6K(long x, long y) {
    float d = f16(x + 208);
    for (int sub = 0; sub < 16; sub++) {
      float dl = d * i8(x + 192 + sub);
      int half = sub / 8;
      int run = sub / 2 % 4;
      long low = x + 64L * half + 32L * (run % 2) + 16L * (sub % 2);
      long high = x + 128 + 32L * half + 16L * (sub % 2);
      for (int i = 0; i < 16; i++) {
        int fourBits = (u8(low + i) >> (4 * (run / 2))) & 0xF;
        int twoBits = (u8(high + i) >> (2 * run)) & 3;
        int q = fourBits | (twoBits << 4);
        put(y, 16 * sub + i, dl * (q - 32));
      }
    }
  }

  /// f16 d, 16 high bit pairs and 4 bytes of low nibbles of eight 6-bit scales, then 16 bytes of
  /// nibbles for each 32 elements as in IQ4_NL.
  private void iq4Xs(long x, long y) {
    float d = f16(x);
    int high = src.get(SHORT, x + 2);
    for (int sub = 0; sub < 8; sub++) {
      int fourBits = (u8(x + 4 + sub / 2) >> (4 * (sub % 2))) & 0xF;
      int scale = fourBits | (((high >> (2 * sub)) & 3) << 4);
      levels(IQ4_LEVELS, d * (scale - 32), x + 8 + 16L * sub, y + 128L * sub);
    }
  }

  /// 32 elements whose nibbles, as in Q4_0, name one of sixteen levels.
  private void levels(byte[] levels, float d, long q, long y) {
    for (int i = 0; i < 16; i++) {
      int b = u8(q + i);
      put(y, i, d * levels[b & 0xF]);
      put(y, i + 16, d * levels[b >> 4]);
    }
  }

  /// Half of the power of two whose biased exponent is `e`: 2^(e - 128).
  private static float halfOfE8m0(int e) {
    return Float.intBitsToFloat(e < 2 ? 0x0020_0000 << e : (e - 1) << 23);
  }

  private float f16(long at) {
    return Float.float16ToFloat(src.get(SHORT, at));
  }

  private int u8(long at) {
    return Byte.toUnsignedInt(src.get(JAVA_BYTE, at));
  }

  private int i8(long at) {
    return src.get(JAVA_BYTE, at);
  }

  private void put(long y, int i, float value) {
    dst.set(FLOAT, y + 4L * i, value);
  }
}
