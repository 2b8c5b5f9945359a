package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SeededRandomTest {
  /// From the state 1, 2, 3, 4: what the reference program xoshiro256plusplus.c prints, as
  /// published in the tests of the Rust crate rand_xoshiro.
  @Test
  void sequence_isXoshiro256PlusPlus() {
    SeededRandom random = new SeededRandom(1, 2, 3, 4);
    long[] expected = {
      41943041L,
      58720359L,
      3588806011781223L,
      3591011842654386L,
      Long.parseUnsignedLong("9228616714210784205"),
      Long.parseUnsignedLong("9973669472204895162"),
      Long.parseUnsignedLong("14011001112246962877"),
      Long.parseUnsignedLong("12406186145184390807"),
      Long.parseUnsignedLong("15849039046786891736"),
      Long.parseUnsignedLong("10450023813501588000")
    };
    assertArrayEquals(
        expected, LongStream.generate(random::nextLong).limit(expected.length).toArray());
  }

  /// The JDK's SplittableRandom is SplitMix64.
  @Test
  void seed_fillsTheStateBySplitMix64() {
    SplittableRandom mix = new SplittableRandom(42);
    SeededRandom expected =
        new SeededRandom(mix.nextLong(), mix.nextLong(), mix.nextLong(), mix.nextLong());
    assertEquals(expected.nextLong(), new SeededRandom(42).nextLong());
  }

  @Test
  void doubles_areUniformInTheUnitInterval() {
    SeededRandom random = new SeededRandom(7);
    int[] bins = new int[10];
    for (int i = 0; i < 100_000; i++) {
      bins[(int) (random.nextDouble() * 10)]++;
    }
    for (int bin : bins) {
      assertEquals(10_000, bin, 400);
    }
  }
}
