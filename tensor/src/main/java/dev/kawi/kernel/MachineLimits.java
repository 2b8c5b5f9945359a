package dev.kawi.kernel;

import dev.kawi.kernel.x86.LimitCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;

/// What a machine can do at most, measured: kernels are to be judged by how near they come.
///
/// @param threads threads that took part
/// @param readBytes bytes read from memory in a second
/// @param floatOperations f32 multiplications and additions in a second
/// @param byteOperations int8 multiplications and additions in a second
public record MachineLimits(
    int threads, double readBytes, double floatOperations, double byteOperations) {
  private static final long MEMORY = 512L << 20;
  private static final long ROUNDS = 20_000_000;
  private static final int REPETITIONS = 5;
  private static final long ONES = 0x0101010101010101L;

  /// Measures for about a second; empty where there is no generated code with AVX-512 VNNI.
  public static Optional<MachineLimits> measure(int threads) {
    if (!KernelProvider.hasWideCode()) {
      return Optional.empty();
    }
    try (Arena arena = Arena.ofShared();
        ThreadTeam team = new ThreadTeam(threads)) {
      MemorySegment memory = Native.allocatePages(arena, MEMORY * threads);
      memory.fill((byte) 1);
      MemorySegment arguments = arena.allocate(64L * threads, 64);
      long readRounds = MEMORY / LimitCode.READ_BYTES;
      double read = seconds(LimitCode.read(), readRounds, team, memory, arguments);
      double fma = seconds(LimitCode.fma(), ROUNDS, team, memory, arguments);
      double dot = seconds(LimitCode.dot(), ROUNDS, team, memory, arguments);
      double sums = (double) ROUNDS * LimitCode.SUMS * threads;
      return Optional.of(
          new MachineLimits(threads, MEMORY * threads / read, sums * 32 / fma, sums * 128 / dot));
    }
  }

  /// Bytes that so many threads read from memory in a second, on any machine: by generated code
  /// where there is some, else in plain Java.
  public static double readBytes(int threads) {
    return measure(threads).map(MachineLimits::readBytes).orElseGet(() -> plainRead(threads));
  }

  private static double plainRead(int threads) {
    try (Arena arena = Arena.ofShared();
        ThreadTeam team = new ThreadTeam(threads)) {
      MemorySegment memory = Native.allocatePages(arena, MEMORY * threads);
      memory.fill((byte) 1);
      LongAdder all = new LongAdder();
      double seconds = seconds(team, share -> all.add(sum(memory.asSlice(share * MEMORY, MEMORY))));
      if (all.sum() != (long) REPETITIONS * threads * (MEMORY / Long.BYTES) * ONES) {
        throw new IllegalStateException("Bug: memory was not read whole");
      }
      return MEMORY * threads / seconds;
    }
  }

  /// The sum of all numbers, of four at a time, so that no addition waits for another.
  private static long sum(MemorySegment memory) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (long i = 0; i < memory.byteSize(); i += 4 * Long.BYTES) {
      a += memory.get(ValueLayout.JAVA_LONG, i);
      b += memory.get(ValueLayout.JAVA_LONG, i + 8);
      c += memory.get(ValueLayout.JAVA_LONG, i + 16);
      d += memory.get(ValueLayout.JAVA_LONG, i + 24);
    }
    return a + b + c + d;
  }

  private static double seconds(
      byte[] bytes, long rounds, ThreadTeam team, MemorySegment memory, MemorySegment arguments) {
    MemorySegment code = Native.install(bytes);
    return seconds(
        team,
        share -> {
          long at = 64L * share;
          arguments.set(
              ValueLayout.JAVA_LONG, at + LimitCode.SOURCE, memory.address() + share * MEMORY);
          arguments.set(ValueLayout.JAVA_LONG, at + LimitCode.ROUNDS, rounds);
          Native.run(code, arguments.address() + at);
        });
  }

  /// The best of some repetitions, all threads at once.
  private static double seconds(ThreadTeam team, IntConsumer share) {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < REPETITIONS; i++) {
      long start = System.nanoTime();
      team.run(
          team.size(),
          1,
          (from, to, worker) -> {
            for (int s = from; s < to; s++) {
              share.accept(s);
            }
          });
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return best;
  }
}
