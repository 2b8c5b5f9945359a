package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.tensor.StorageType;
import java.lang.management.ManagementFactory;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StepAllocationTest {
  private static final int LIMIT_BYTES = 4096;

  /// Products over blocks are objects of their own, about a hundred bytes each.
  private static final int LIMIT_BYTES_IN_BLOCKS = 8192;

  private static final int STEPS = 500;

  /// The Vector API allocates until its methods are compiled, which takes some thousand steps; so
  /// rounds go on until one keeps the limit, and it is an error if none does.
  private static final int MAX_ROUNDS = 300;

  static Stream<Arguments> tiers() {
    return KernelProvider.available().stream()
        .skip(1)
        .flatMap(
            k -> Stream.of(StorageType.F32, StorageType.Q8_0).map(type -> Arguments.of(k, type)));
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void decodeStep_allocatesAFewKilobytesOfHeap(Kernels kernels, StorageType type) {
    TinyModel model = TinyModel.of(TinyModel.small("llama"), type);
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(kernels, team);
        KvCache cache = model.cache(StorageType.F32, 16)) {
      Step step = Step.of(new int[] {1}, 20, TinyModel.table(cache, 32), cache);
      int limit = type == StorageType.F32 ? LIMIT_BYTES : LIMIT_BYTES_IN_BLOCKS;
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < MAX_ROUNDS && bytes >= limit; round++) {
        bytes = bytesPerStep(model.decoder(), step, executor);
      }
      assertTrue(bytes < limit, "a step allocates " + bytes + " bytes");
    }
  }

  private static long bytesPerStep(Decoder decoder, Step step, Executor executor) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < STEPS; i++) {
      decoder.forward(step, executor);
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / STEPS;
  }
}
