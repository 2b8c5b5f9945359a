package dev.kawi.kernel;

import dev.kawi.kernel.x86.LimitCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

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

  /// The best of some repetitions, all threads at once.
  private static double seconds(
      byte[] bytes, long rounds, ThreadTeam team, MemorySegment memory, MemorySegment arguments) {
    MemorySegment code = Native.install(bytes);
    double best = Double.MAX_VALUE;
    for (int i = 0; i < REPETITIONS; i++) {
      long start = System.nanoTime();
      team.run(
          team.size(),
          1,
          (from, to, worker) -> {
            for (int share = from; share < to; share++) {
              long at = 64L * share;
              arguments.set(
                  ValueLayout.JAVA_LONG, at + LimitCode.SOURCE, memory.address() + share * MEMORY);
              arguments.set(ValueLayout.JAVA_LONG, at + LimitCode.ROUNDS, rounds);
              Native.run(code, arguments.address() + at);
            }
          });
      best = Math.min(best, (System.nanoTime() - start) / 1e9);
    }
    return best;
  }
}
