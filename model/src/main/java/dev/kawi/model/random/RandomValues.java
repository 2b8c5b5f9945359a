package dev.kawi.model.random;

import dev.kawi.kernel.BlockLayout;
import dev.kawi.model.random.RandomTensor.Spread;
import dev.kawi.tensor.StorageType;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// A stream of random elements in any storage type: the same on any machine, because it consists of
/// whole numbers, products of two floats and square roots only.
///
/// A number that is about normal is the sum of the four 16-bit parts of one 64-bit number. Block
/// types are not quantized from such numbers: their quants are random bits, and their scales are
/// chosen so that the weights have the deviation that was asked for and a mean near 0. (Where a
/// scale is a power of two, two of them are mixed.) Where a type has minima, each is near its
/// scale, as zero-mean weights need. So every bit pattern of quants occurs, which quantized weights
/// would not give.
///
/// Source of the generator: Steele, Lea, Flood, "Fast splittable pseudorandom number generators"
/// (splitmix64).
final class RandomValues {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /// Deviation of the sum of four even 16-bit numbers.
  private static final float SUM_DEVIATION = 37837.2f;

  private static final float SUM_MEAN = 131070;
  private static final int NUM_SCALES = 64;

  private final StorageType type;
  private final Spread spread;
  private final short[] scales = new short[NUM_SCALES];
  private final short[] minima = new short[NUM_SCALES];
  private final int exponent;
  private final int largerExponents;
  private long state;

  /// Starts a stream of elements that are stored as `type`.
  RandomValues(long seed, StorageType type, Spread spread) {
    this.state = seed;
    this.type = type;
    this.spread = spread;
    float unit =
        spread instanceof Spread.Weight(float deviation) ? deviation / deviationOf(type) : 0;
    for (int i = 0; i < NUM_SCALES; i++) {
      float scale = unit * (0.75f + i / 128f);
      scales[i] = Float.floatToFloat16(scale);
      minima[i] = Float.floatToFloat16(centre(type) * Float.float16ToFloat(scales[i]));
    }
    float root = Math.max(unit, 0x1p-60f);
    float fraction = root / Math.scalb(1f, Math.getExponent(root));
    exponent = 127 + Math.getExponent(root);
    largerExponents = (int) (NUM_SCALES * (fraction * fraction - 1) / 3);
  }

  /// The next number of splitmix64.
  static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private long next() {
    state += 0x9E3779B97F4A7C15L;
    return mix(state);
  }

  /// Fills the first `bytes` bytes, a whole number of blocks, with the next elements.
  void fill(byte[] into, int bytes) {
    switch (type) {
      case F32 -> fillF32(into, bytes);
      case F16 -> fillF16(into, bytes);
      case BF16 -> fillBf16(into, bytes);
      default -> fillBlocks(into, bytes);
    }
  }

  private void fillF32(byte[] into, int bytes) {
    for (int at = 0; at < bytes; at += 4) {
      INT.set(into, at, Float.floatToRawIntBits(value()));
    }
  }

  private void fillF16(byte[] into, int bytes) {
    for (int at = 0; at < bytes; at += 2) {
      SHORT.set(into, at, Float.floatToFloat16(value()));
    }
  }

  private void fillBf16(byte[] into, int bytes) {
    for (int at = 0; at < bytes; at += 2) {
      int bits = Float.floatToRawIntBits(value());
      SHORT.set(into, at, (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16));
    }
  }

  private float value() {
    return switch (spread) {
      case Spread.Weight(float deviation) -> normal() * deviation;
      case Spread.Plain(float deviation) -> normal() * deviation;
      case Spread.Between(float from, float to) -> between(from, to);
      case Spread.Signed(float from, float to) ->
          (next() & 1) == 0 ? between(from, to) : -between(from, to);
    };
  }

  private float normal() {
    long bits = next();
    long sum = (bits & 0xFFFF) + (bits >>> 16 & 0xFFFF) + (bits >>> 32 & 0xFFFF) + (bits >>> 48);
    return (sum - SUM_MEAN) * (1 / SUM_DEVIATION);
  }

  private float between(float from, float to) {
    return from + (to - from) * ((next() >>> 40) * 0x1p-24f);
  }

  // ---- blocks ----

  private void fillBlocks(byte[] into, int bytes) {
    int at = 0;
    for (; at + 8 <= bytes; at += 8) {
      LONG.set(into, at, next());
    }
    for (; at < bytes; at++) {
      into[at] = (byte) next();
    }
    for (int block = 0; block < bytes; block += type.blockBytes()) {
      scale(into, block, next());
    }
  }

  /// Overwrites the random bits where the scales of a block lie.
  private void scale(byte[] into, int block, long random) {
    int choice = (int) random & (NUM_SCALES - 1);
    switch (type) {
      case Q4_0, Q5_0, IQ4_NL -> put(into, block, eitherSign(scales[choice], random));
      case Q4_1, Q5_1 -> {
        put(into, block, scales[choice]);
        put(into, block + 2, (short) (minima[choice] ^ 0x8000));
      }
      case Q8_0 -> {
        put(into, block, scales[choice]);
        avoidLowest(into, block + 2);
      }
      case MXFP4 -> into[block] = (byte) (choice < largerExponents ? exponent + 1 : exponent);
      case Q2_K -> {
        pairNibbles(into, block, 16, 1, random);
        put(into, block + 80, scales[choice]);
        put(into, block + 82, minima[choice]);
      }
      case Q4_K, Q5_K -> {
        put(into, block, scales[choice]);
        put(into, block + 2, minima[choice]);
        pairScales(into, block + 4, random);
      }
      case Q3_K -> put(into, block + 108, scales[choice]);
      case Q6_K -> put(into, block + 208, scales[choice]);
      case IQ4_XS -> put(into, block, scales[choice]);
      case F32, F16, BF16 -> throw new IllegalStateException("Bug: " + type + " has no scales");
    }
  }

  private static void put(byte[] into, int at, short half) {
    SHORT.set(into, at, half);
  }

  private static short eitherSign(short half, long random) {
    return (short) (half ^ (random >>> 48 & 0x8000));
  }

  /// -128 does not occur in Q8_0: quantizers scale to 127.
  private static void avoidLowest(byte[] into, int from) {
    for (int i = from; i < from + 32; i++) {
      into[i] = (byte) Math.max(into[i], -127);
    }
  }

  /// Makes the high nibble (a minimum) differ from the low one (its scale) in the masked bits only.
  private static void pairNibbles(byte[] into, int from, int count, int mask, long random) {
    for (int i = 0; i < count; i++) {
      int low = into[from + i] & 15;
      int high = low ^ ((int) (random >>> (8 + 2 * i)) & mask);
      into[from + i] = (byte) (low | high << 4);
    }
  }

  /// Twelve bytes with eight 6-bit scales and eight 6-bit minima near them.
  private static void pairScales(byte[] into, int from, long random) {
    for (int i = 0; i < 4; i++) {
      into[from + 4 + i] = (byte) (into[from + i] ^ ((int) (random >>> (8 + 3 * i)) & 7));
    }
    pairNibbles(into, from + 8, 4, 3, random >>> 24);
  }

  /// What a minimum is in units of its scale, for a mean of 0.
  private static float centre(StorageType type) {
    if (!BlockLayout.isPacked(type) || !BlockLayout.of(type).hasMins()) {
      return 0;
    }
    BlockLayout layout = BlockLayout.of(type);
    return ((1 << (layout.lowBits() + layout.highBits())) - 1) / 2f;
  }

  /// The deviation of weights whose quants are even random bits, in units of the block's scale.
  private static float deviationOf(StorageType type) {
    return switch (type) {
      case F32, F16, BF16 -> 1;
      case Q4_0, Q4_1 -> 4.64f;
      case Q5_0, Q5_1 -> 9.24f;
      case Q8_0 -> 73.6f;
      case Q2_K -> 9.9f;
      case Q3_K -> 43.3f;
      case Q4_K -> 169;
      case Q5_K -> 339;
      case Q6_K -> 1366;
      case IQ4_NL -> 68.1f;
      case IQ4_XS -> 1259;
      case MXFP4 -> 2.926f;
    };
  }
}
