package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.Set;

/// Turns rows of f32 into stored blocks by rounding each element to the nearest level, with no
/// knowledge of how the weights are used. Equal byte for byte to ggml's reference functions
/// `quantize_row_*_ref` (`ggml-quants.c`) and to gguf-py.
public final class Quantize {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final Set<StorageType> ENCODED =
      EnumSet.of(
          StorageType.F32,
          StorageType.F16,
          StorageType.BF16,
          StorageType.Q4_0,
          StorageType.Q4_1,
          StorageType.Q5_0,
          StorageType.Q5_1,
          StorageType.Q8_0);

  private final MemorySegment src;
  private final MemorySegment dst;

  private Quantize(MemorySegment src, MemorySegment dst) {
    this.src = src;
    this.dst = dst;
  }

  /// Whether rows can be encoded as this type.
  public static boolean canEncode(StorageType type) {
    return ENCODED.contains(type);
  }

  /// Fails unless rows can be encoded as this type.
  public static void requireEncoder(StorageType type) {
    if (!canEncode(type)) {
      throw new IllegalArgumentException(
          "quantize: there is no encoder for %s; there is one for %s".formatted(type, ENCODED));
    }
  }

  /// Encodes `elements` elements.
  ///
  /// @param src f32, little endian, from byte `srcOffset`
  /// @param dst receives blocks of this type from byte `dstOffset`
  /// @param elements a whole number of blocks
  public static void row(
      StorageType type,
      MemorySegment src,
      long srcOffset,
      MemorySegment dst,
      long dstOffset,
      int elements) {
    requireEncoder(type);
    long bytes = type.bytes(elements);
    Quantize rows = new Quantize(src, dst.asSlice(dstOffset, bytes));
    long x = srcOffset;
    for (long block = 0; block < bytes; block += type.blockBytes()) {
      rows.block(type, x, block);
      x += 4L * type.blockSize();
    }
  }

  private void block(StorageType type, long x, long y) {
    switch (type) {
      case F32 -> dst.set(FLOAT, y, src.get(FLOAT, x));
      case F16 -> f16(y, get(x, 0));
      case BF16 -> dst.set(SHORT, y, bf16(src.get(INT, x)));
      case Q4_0 -> q4_0(x, y);
      case Q4_1 -> q4_1(x, y);
      case Q5_0 -> q5_0(x, y);
      case Q5_1 -> q5_1(x, y);
      case Q8_0 -> q8_0(x, y);
      default -> throw new AssertionError("Bug: no encoder for " + type);
    }
  }

  /// Rounds to nearest, ties to even; a NaN stays one.
  private static short bf16(int bits) {
    if ((bits & 0x7FFF_FFFF) > 0x7F80_0000) {
      return (short) ((bits >>> 16) | 64);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  /// The element of largest magnitude becomes level -8, whatever its sign.
  private void q4_0(long x, long y) {
    float d = signedPeak(x) / -8;
    float inverse = inverse(d);
    f16(y, d);
    for (int i = 0; i < 16; i++) {
      int low = level(get(x, i) * inverse + 8.5f, 15);
      int high = level(get(x, i + 16) * inverse + 8.5f, 15);
      dst.set(JAVA_BYTE, y + 2 + i, (byte) (low | (high << 4)));
    }
  }

  private void q4_1(long x, long y) {
    float min = min(x);
    float d = (max(x) - min) / 15;
    float inverse = inverse(d);
    f16(y, d);
    f16(y + 2, min);
    for (int i = 0; i < 16; i++) {
      int low = level((get(x, i) - min) * inverse + 0.5f, 15);
      int high = level((get(x, i + 16) - min) * inverse + 0.5f, 15);
      dst.set(JAVA_BYTE, y + 4 + i, (byte) (low | (high << 4)));
    }
  }

  /// As Q4_0, with the fifth bits gathered in one word.
  private void q5_0(long x, long y) {
    float d = signedPeak(x) / -16;
    float inverse = inverse(d);
    f16(y, d);
    int fifths = 0;
    for (int i = 0; i < 16; i++) {
      int low = level(get(x, i) * inverse + 16.5f, 31);
      int high = level(get(x, i + 16) * inverse + 16.5f, 31);
      dst.set(JAVA_BYTE, y + 6 + i, (byte) ((low & 0xF) | (high << 4)));
      fifths |= ((low >> 4) << i) | ((high >> 4) << (i + 16));
    }
    dst.set(INT, y + 2, fifths);
  }

  private void q5_1(long x, long y) {
    float min = min(x);
    float d = (max(x) - min) / 31;
    float inverse = inverse(d);
    f16(y, d);
    f16(y + 2, min);
    int fifths = 0;
    for (int i = 0; i < 16; i++) {
      int low = level((get(x, i) - min) * inverse + 0.5f, 31);
      int high = level((get(x, i + 16) - min) * inverse + 0.5f, 31);
      dst.set(JAVA_BYTE, y + 8 + i, (byte) ((low & 0xF) | (high << 4)));
      fifths |= ((low >> 4) << i) | ((high >> 4) << (i + 16));
    }
    dst.set(INT, y + 4, fifths);
  }

  /// Rounds half away from zero, which Java's own rounding does not.
  private void q8_0(long x, long y) {
    float d = Math.abs(signedPeak(x)) / 127;
    float inverse = inverse(d);
    f16(y, d);
    for (int i = 0; i < 32; i++) {
      dst.set(JAVA_BYTE, y + 2 + i, (byte) roundHalfAway(get(x, i) * inverse));
    }
  }

  /// Exact for magnitudes below 2^22: the fraction left by truncation is exact.
  private static int roundHalfAway(float value) {
    int whole = (int) value;
    float fraction = value - whole;
    return fraction >= 0.5f ? whole + 1 : fraction <= -0.5f ? whole - 1 : whole;
  }

  private static int level(float value, int max) {
    return Math.min(max, (int) value);
  }

  private static float inverse(float d) {
    return d == 0 ? 0 : 1 / d;
  }

  /// The first of the 32 elements whose magnitude is largest.
  private float signedPeak(long x) {
    float peak = 0;
    for (int i = 0; i < 32; i++) {
      float value = get(x, i);
      peak = Math.abs(value) > Math.abs(peak) ? value : peak;
    }
    return peak;
  }

  private float min(long x) {
    float min = get(x, 0);
    for (int i = 1; i < 32; i++) {
      min = Math.min(min, get(x, i));
    }
    return min;
  }

  private float max(long x) {
    float max = get(x, 0);
    for (int i = 1; i < 32; i++) {
      max = Math.max(max, get(x, i));
    }
    return max;
  }

  private float get(long x, int i) {
    return src.get(FLOAT, x + 4L * i);
  }

  private void f16(long at, float value) {
    dst.set(SHORT, at, Float.floatToFloat16(value));
  }
}
