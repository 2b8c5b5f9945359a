package dev.kawi.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Random bits that are as easily made in Python as here. Source: Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators" (2014).
final class SplitMix64 {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private long state;

  SplitMix64(long seed) {
    state = seed;
  }

  long next() {
    state += 0x9E3779B97F4A7C15L;
    long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  MemorySegment bytes(Arena arena, int size) {
    MemorySegment bytes = arena.allocate(Math.ceilDiv(size, 8) * 8L, 8);
    for (long i = 0; i < bytes.byteSize(); i += 8) {
      bytes.set(LONG, i, next());
    }
    return bytes.asSlice(0, size);
  }
}
