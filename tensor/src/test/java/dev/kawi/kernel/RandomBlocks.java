package dev.kawi.kernel;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/// Seeded matrices of any storage type whose bits are of a chosen kind.
final class RandomBlocks {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// What the weights look like.
  enum Kind {
    NORMAL,
    TINY,
    HUGE,
    DENORMAL,
    ALL_EQUAL,
    ALTERNATING,
    LARGEST
  }

  private RandomBlocks() {}

  /// A matrix in memory that ends where a page ends that must not be read.
  static Matrix matrix(
      Arena arena, StorageType type, int rows, int cols, Kind kind, SplittableRandom random) {
    long bytes = type.bytes(cols) * rows;
    MemorySegment data = Native.guarded(arena, bytes);
    for (long i = 0; i < bytes; i++) {
      data.set(ValueLayout.JAVA_BYTE, i, pattern(kind, i, random));
    }
    if (type == StorageType.F32) {
      for (long i = 0; i < bytes; i += 4) {
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i, value(kind, random));
      }
    } else if (type == StorageType.F16 || type == StorageType.BF16) {
      for (long i = 0; i < bytes; i += 2) {
        float value = value(kind, random);
        data.set(
            SHORT,
            i,
            type == StorageType.F16
                ? Float.floatToFloat16(value)
                : (short) (Float.floatToRawIntBits(value) >>> 16));
      }
    } else {
      for (long block = 0; block < bytes; block += type.blockBytes()) {
        scales(type, data, block, kind, random);
      }
    }
    return new Matrix(type, rows, cols, data);
  }

  private static byte pattern(Kind kind, long i, SplittableRandom random) {
    return switch (kind) {
      case NORMAL, TINY, HUGE, DENORMAL -> (byte) random.nextInt();
      case ALL_EQUAL -> 0x77;
      case ALTERNATING -> (byte) (i % 2 == 0 ? 0x0F : 0xF0);
      case LARGEST -> (byte) (random.nextInt(4) == 0 ? 0x80 : 0xFF);
    };
  }

  private static float value(Kind kind, SplittableRandom random) {
    float sign = random.nextBoolean() ? 1 : -1;
    return sign
        * switch (kind) {
          case NORMAL -> (float) Math.abs(random.nextGaussian());
          case TINY -> 1e-4f * random.nextFloat();
          case HUGE -> 6e4f * random.nextFloat();
          case DENORMAL -> 3e-7f * random.nextFloat();
          case ALL_EQUAL, ALTERNATING -> 0.5f;
          case LARGEST -> 65504f;
        };
  }

  private static void scales(
      StorageType type, MemorySegment data, long at, Kind kind, SplittableRandom random) {
    switch (type) {
      case Q8_0, Q4_0, Q5_0, IQ4_NL, IQ4_XS -> scale(data, at, kind, random);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        scale(data, at, kind, random);
        scale(data, at + 2, kind, random);
      }
      case Q2_K -> {
        scale(data, at + 80, kind, random);
        scale(data, at + 82, kind, random);
      }
      case Q3_K -> scale(data, at + 108, kind, random);
      case Q6_K -> scale(data, at + 208, kind, random);
      case MXFP4 ->
          data.set(
              ValueLayout.JAVA_BYTE,
              at,
              (byte)
                  switch (kind) {
                    case TINY -> 90 + random.nextInt(8);
                    case HUGE -> 200 + random.nextInt(8);
                    case DENORMAL -> random.nextInt(3);
                    default -> 120 + random.nextInt(12);
                  });
      case F32, F16, BF16 -> throw new AssertionError(type);
    }
  }

  private static void scale(MemorySegment data, long at, Kind kind, SplittableRandom random) {
    data.set(SHORT, at, Float.floatToFloat16(value(kind, random)));
  }
}
