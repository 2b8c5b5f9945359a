package dev.kawi.sample;

/// The random numbers behind a seed: xoshiro256++ 1.0, its state filled by SplitMix64.
///
/// The algorithm is part of the contract, since the same seed has to give the same text on every
/// machine and in every release. Sources: D. Blackman, S. Vigna, "Scrambled linear pseudorandom
/// number generators" (2019), and the reference programs at https://prng.di.unimi.it/
/// (`xoshiro256plusplus.c`, `splitmix64.c`).
public final class SeededRandom {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
  private static final double UNIT = 0x1.0p-53;

  private long s0;
  private long s1;
  private long s2;
  private long s3;

  /// Starts the sequence of a seed; every seed is as good as any other.
  public SeededRandom(long seed) {
    this(splitMix(seed, 1), splitMix(seed, 2), splitMix(seed, 3), splitMix(seed, 4));
  }

  SeededRandom(long s0, long s1, long s2, long s3) {
    this.s0 = s0;
    this.s1 = s1;
    this.s2 = s2;
    this.s3 = s3;
  }

  private static long splitMix(long seed, long round) {
    long state = seed + round * GOLDEN_GAMMA;
    long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /// The next 64 bits.
  public long nextLong() {
    long result = Long.rotateLeft(s0 + s3, 23) + s0;
    long t = s1 << 17;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = Long.rotateLeft(s3, 45);
    return result;
  }

  /// A number in [0, 1), a multiple of 2^-53.
  public double nextDouble() {
    return (nextLong() >>> 11) * UNIT;
  }
}
