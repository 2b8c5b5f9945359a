package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Takes stored blocks apart, in plain Java: the definition of what each block type means. A block
/// is cut into sub-blocks (of 16 or 32 elements, or all of it); an element is `scale * level`, or
/// `scale * level + min` where the type has minimums, with the product and the sum rounded to f32
/// one after the other. Levels are small integers, scales the exact product of what is stored.
/// Source: the reference functions `dequantize_row_*` of ggml (`ggml-quants.c`).
final class Blocks {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// The sixteen levels of IQ4_NL and IQ4_XS.
  static final byte[] IQ4_LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /// The values of FP4 (E2M1), doubled to be whole.
  static final byte[] FP4_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private final StorageType type;
  private final MemorySegment src;
  private final int subSize;

  /// Levels of the block last read.
  final int[] levels;

  /// Scales of its sub-blocks.
  final float[] scales;

  /// What is added to the elements of each sub-block; 0 where the type has no minimums.
  final float[] mins;

  /// Reads blocks of `type` from `src`.
  Blocks(StorageType type, MemorySegment src) {
    this.type = type;
    this.src = src;
    subSize = subSize(type);
    levels = new int[type.blockSize()];
    scales = new float[type.blockSize() / subSize];
    mins = new float[scales.length];
  }

  /// Elements that share a scale.
  static int subSize(StorageType type) {
    return switch (type) {
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, IQ4_NL, IQ4_XS, MXFP4 -> 32;
      case Q2_K, Q3_K, Q6_K -> 16;
      case F32, F16, BF16 -> throw noBlocks(type);
    };
  }

  /// Whether elements have a minimum added.
  static boolean hasMins(StorageType type) {
    return switch (type) {
      case Q4_1, Q5_1, Q2_K, Q4_K, Q5_K -> true;
      case Q4_0, Q5_0, Q8_0, Q3_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4 -> false;
      case F32, F16, BF16 -> throw noBlocks(type);
    };
  }

  /// Elements that share a scale, in the type of this reader.
  int subSize() {
    return subSize;
  }

  /// Whether elements have a minimum added, in the type of this reader.
  boolean hasMins() {
    return hasMins(type);
  }

  private static AssertionError noBlocks(StorageType type) {
    return new AssertionError("Bug: " + type + " has no blocks");
  }

  /// Reads the block that begins at byte `x`.
  void read(long x) {
    switch (type) {
      case Q4_0 -> q4_0(x);
      case Q4_1 -> q4_1(x);
      case Q5_0 -> q5_0(x);
      case Q5_1 -> q5_1(x);
      case Q8_0 -> q8_0(x);
      case Q2_K -> q2K(x);
      case Q3_K -> q3K(x);
      case Q4_K -> q4K(x);
      case Q5_K -> q5K(x);
      case Q6_K -> q6K(x);
      case IQ4_NL -> table(IQ4_LEVELS, 0, f16(x), x + 2);
      case IQ4_XS -> iq4Xs(x);
      case MXFP4 -> table(FP4_DOUBLED, 0, halfOfE8m0(u8(x)), x + 1);
      case F32, F16, BF16 -> throw noBlocks(type);
    }
  }

  /// f16 d, 16 bytes: element i in the low nibble of byte i, element i + 16 in the high one.
  private void q4_0(long x) {
    scales[0] = f16(x);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 2 + i);
      levels[i] = (q & 0xF) - 8;
      levels[i + 16] = (q >> 4) - 8;
    }
  }

  /// f16 d, f16 minimum, 16 bytes as in Q4_0.
  private void q4_1(long x) {
    scales[0] = f16(x);
    mins[0] = f16(x + 2);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 4 + i);
      levels[i] = q & 0xF;
      levels[i + 16] = q >> 4;
    }
  }

  /// f16 d, 32 fifth bits, 16 bytes as in Q4_0.
  private void q5_0(long x) {
    scales[0] = f16(x);
    int high = src.get(INT, x + 2);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 6 + i);
      levels[i] = fifth(q & 0xF, high, i) - 16;
      levels[i + 16] = fifth(q >> 4, high, i + 16) - 16;
    }
  }

  /// f16 d, f16 minimum, 32 fifth bits, 16 bytes as in Q4_0.
  private void q5_1(long x) {
    scales[0] = f16(x);
    mins[0] = f16(x + 2);
    int high = src.get(INT, x + 4);
    for (int i = 0; i < 16; i++) {
      int q = u8(x + 8 + i);
      levels[i] = fifth(q & 0xF, high, i);
      levels[i + 16] = fifth(q >> 4, high, i + 16);
    }
  }

  private static int fifth(int low, int high, int i) {
    return low | (((high >>> i) & 1) << 4);
  }

  /// f16 d, 32 signed bytes.
  private void q8_0(long x) {
    scales[0] = f16(x);
    for (int i = 0; i < 32; i++) {
      levels[i] = i8(x + 2 + i);
    }
  }

  /// 16 bytes of 4-bit scale (low) and minimum (high) per 16 elements, 64 bytes of 2-bit q, f16 d,
  /// f16 d of the minimums. Half h of the block has its bytes at 32 h; pair p of bits in them is
  /// elements 32 p to 32 p + 31 of the half.
  private void q2K(long x) {
    float d = f16(x + 80);
    float dMin = f16(x + 82);
    for (int sub = 0; sub < 16; sub++) {
      int scale = u8(x + sub);
      scales[sub] = d * (scale & 0xF);
      mins[sub] = -(dMin * (scale >> 4));
      long q = x + 16 + twoBits(sub);
      int shift = twoBitsShift(sub);
      for (int i = 0; i < 16; i++) {
        levels[16 * sub + i] = (u8(q + i) >> shift) & 3;
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
  private void q3K(long x) {
    float d = f16(x + 108);
    for (int sub = 0; sub < 16; sub++) {
      scales[sub] = d * (q3KScale(src, x + 96, sub) - 32);
      long q = x + 32 + twoBits(sub);
      int shift = twoBitsShift(sub);
      long third = x + 16L * (sub % 2);
      for (int i = 0; i < 16; i++) {
        int low = (u8(q + i) >> shift) & 3;
        int minus = ((u8(third + i) >> (sub / 2)) & 1) == 0 ? 4 : 0;
        levels[16 * sub + i] = low - minus;
      }
    }
  }

  /// Sixteen 6-bit scales in 12 bytes: the low 4 bits in the nibbles of bytes 0 to 7, the high 2
  /// bits in the bit pairs of bytes 8 to 11.
  static int q3KScale(MemorySegment src, long scales, int sub) {
    int low = (u8(src, scales + sub % 8) >> (sub < 8 ? 0 : 4)) & 0xF;
    int high = (u8(src, scales + 8 + sub % 4) >> (2 * (sub / 4))) & 3;
    return low | (high << 4);
  }

  /// f16 d, f16 d of the minimums, 12 bytes of eight 6-bit scales and minimums, 128 bytes: 32 bytes
  /// hold 64 elements, the first 32 in the low nibbles.
  private void q4K(long x) {
    float d = f16(x);
    float dMin = f16(x + 2);
    for (int sub = 0; sub < 8; sub++) {
      scales[sub] = d * scaleK4(src, x + 4, sub);
      mins[sub] = -(dMin * minK4(src, x + 4, sub));
      long q = x + 16 + 32L * (sub / 2);
      int shift = 4 * (sub % 2);
      for (int i = 0; i < 32; i++) {
        levels[32 * sub + i] = (u8(q + i) >> shift) & 0xF;
      }
    }
  }

  /// As Q4_K, with 32 bytes of fifth bits (bit s of byte i: element 32 s + i) before the nibbles.
  private void q5K(long x) {
    float d = f16(x);
    float dMin = f16(x + 2);
    for (int sub = 0; sub < 8; sub++) {
      scales[sub] = d * scaleK4(src, x + 4, sub);
      mins[sub] = -(dMin * minK4(src, x + 4, sub));
      long q = x + 48 + 32L * (sub / 2);
      int shift = 4 * (sub % 2);
      for (int i = 0; i < 32; i++) {
        int fifth = ((u8(x + 16 + i) >> sub) & 1) << 4;
        levels[32 * sub + i] = ((u8(q + i) >> shift) & 0xF) + fifth;
      }
    }
  }

  /// Eight scales and eight minimums of 6 bits in 12 bytes: the first four of each lie whole in
  /// bytes 0 to 7; of the others, bytes 8 to 11 hold the low 4 bits (scale low nibble, minimum
  /// high) and the top 2 bits of bytes 0 to 7 the rest.
  static int scaleK4(MemorySegment src, long packed, int sub) {
    return sub < 4
        ? u8(src, packed + sub) & 63
        : (u8(src, packed + sub + 4) & 0xF) | ((u8(src, packed + sub - 4) >> 6) << 4);
  }

  static int minK4(MemorySegment src, long packed, int sub) {
    return sub < 4
        ? u8(src, packed + sub + 4) & 63
        : (u8(src, packed + sub + 4) >> 4) | ((u8(src, packed + sub) >> 6) << 4);
  }

  /// 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, f16 d. Each half of
  /// 128 elements is four runs of 32.
  private void q6K(long x) {
    float d = f16(x + 208);
    for (int sub = 0; sub < 16; sub++) {
      scales[sub] = d * i8(x + 192 + sub);
      int half = sub / 8;
      int run = sub / 2 % 4;
      long low = x + 64L * half + 32L * (run % 2) + 16L * (sub % 2);
      long high = x + 128 + 32L * half + 16L * (sub % 2);
      for (int i = 0; i < 16; i++) {
        int fourBits = (u8(low + i) >> (4 * (run / 2))) & 0xF;
        int twoBits = (u8(high + i) >> (2 * run)) & 3;
        int q = fourBits | (twoBits << 4);
        levels[16 * sub + i] = q - 32;
      }
    }
  }

  /// f16 d, 16 high bit pairs and 4 bytes of low nibbles of eight 6-bit scales, then 16 bytes of
  /// nibbles for each 32 elements as in IQ4_NL.
  private void iq4Xs(long x) {
    float d = f16(x);
    for (int sub = 0; sub < 8; sub++) {
      float scale = d * (iq4XsScale(src, x, sub) - 32);
      table(IQ4_LEVELS, sub, scale, x + 8 + 16L * sub);
    }
  }

  static int iq4XsScale(MemorySegment src, long x, int sub) {
    int fourBits = (u8(src, x + 4 + sub / 2) >> (4 * (sub % 2))) & 0xF;
    return fourBits | (((src.get(SHORT, x + 2) >> (2 * sub)) & 3) << 4);
  }

  /// 32 elements whose nibbles, as in Q4_0, name one of sixteen levels.
  private void table(byte[] table, int sub, float scale, long q) {
    scales[sub] = scale;
    for (int i = 0; i < 16; i++) {
      int b = u8(q + i);
      levels[32 * sub + i] = table[b & 0xF];
      levels[32 * sub + i + 16] = table[b >> 4];
    }
  }

  /// Half of the power of two whose biased exponent is `e`: 2^(e - 128).
  static float halfOfE8m0(int e) {
    return Float.intBitsToFloat(e < 2 ? 0x0020_0000 << e : (e - 1) << 23);
  }

  private float f16(long at) {
    return Float.float16ToFloat(src.get(SHORT, at));
  }

  private int u8(long at) {
    return u8(src, at);
  }

  private static int u8(MemorySegment src, long at) {
    return Byte.toUnsignedInt(src.get(JAVA_BYTE, at));
  }

  private int i8(long at) {
    return src.get(JAVA_BYTE, at);
  }
}
