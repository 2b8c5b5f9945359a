package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.kernel.VectorKernels;
import dev.kawi.tensor.StorageType;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class StepAllocationTest {
  private static final int LIMIT_BYTES = 4096;
  private static final int STEPS = 500;

  /// The Vector API allocates until its methods are compiled, which takes some thousand steps; so
  /// rounds go on until one keeps the limit, and it is an error if none does.
  private static final int MAX_ROUNDS = 300;

  @Test
  void decodeStep_allocatesAFewKilobytesOfHeap() {
    TinyModel model = TinyModel.of(TinyModel.small("llama"), StorageType.F32);
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(new VectorKernels(), team);
        KvCache cache = model.cache(StorageType.F32, 16)) {
      Step step = Step.of(new int[] {1}, 20, TinyModel.table(cache, 32), cache);
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < MAX_ROUNDS && bytes >= LIMIT_BYTES; round++) {
        bytes = bytesPerStep(model.decoder(), step, executor);
      }
      assertTrue(bytes < LIMIT_BYTES, "a step allocates " + bytes + " bytes");
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
