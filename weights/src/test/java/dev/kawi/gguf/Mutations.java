package dev.kawi.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/// Damages files in the ways that downloads, disks and attackers do. The same seed gives the same
/// damage.
public final class Mutations {
  private static final long[] HOSTILE_LENGTHS = {
    0,
    1,
    -1,
    255,
    1 << 16,
    Integer.MAX_VALUE,
    1L << 31,
    (1L << 32) - 1,
    1L << 32,
    1L << 60,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final Random random;
  private final int interesting;

  /// Most damage falls on the first `interesting` bytes.
  public Mutations(long seed, int interesting) {
    this.random = new Random(seed);
    this.interesting = interesting;
  }

  /// A damaged copy.
  public byte[] mutate(byte[] original) {
    byte[] damaged = once(original.clone());
    for (int more = random.nextInt(3); more > 0; more--) {
      damaged = once(damaged);
    }
    return damaged;
  }

  private byte[] once(byte[] bytes) {
    if (bytes.length < 16) {
      return bytes;
    }
    return switch (random.nextInt(6)) {
      case 0 -> Arrays.copyOf(bytes, position(bytes));
      case 1 -> flipBits(bytes);
      case 2 -> setLength(bytes);
      case 3 -> setInt(bytes);
      case 4 -> copyWithin(bytes);
      default -> removeOrRepeat(bytes);
    };
  }

  private int position(byte[] bytes) {
    int range = random.nextInt(8) == 0 ? bytes.length : Math.min(interesting, bytes.length);
    return random.nextInt(range);
  }

  private byte[] flipBits(byte[] bytes) {
    for (int i = random.nextInt(8); i >= 0; i--) {
      bytes[position(bytes)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private byte[] setLength(byte[] bytes) {
    int at = Math.min(position(bytes), bytes.length - 8);
    long length = HOSTILE_LENGTHS[random.nextInt(HOSTILE_LENGTHS.length)];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, length);
    return bytes;
  }

  private byte[] setInt(byte[] bytes) {
    int at = Math.min(position(bytes), bytes.length - 4);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, random.nextInt(-2, 45));
    return bytes;
  }

  private byte[] copyWithin(byte[] bytes) {
    int from = position(bytes);
    int to = position(bytes);
    int length = random.nextInt(1, 65);
    length = Math.min(length, bytes.length - Math.max(from, to));
    System.arraycopy(bytes, from, bytes, to, length);
    return bytes;
  }

  private byte[] removeOrRepeat(byte[] bytes) {
    int at = position(bytes);
    int length = Math.min(random.nextInt(1, 65), bytes.length - at);
    int resume = random.nextBoolean() ? at + length : Math.max(0, at - length);
    byte[] spliced = Arrays.copyOf(bytes, at + bytes.length - resume);
    System.arraycopy(bytes, resume, spliced, at, bytes.length - resume);
    return spliced;
  }
}
