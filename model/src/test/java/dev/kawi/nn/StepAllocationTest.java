package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

// How it works. The executor is measured over kernels that compute nothing. The interpreter
// allocates what the source says and a compiler only takes away from that, so the result depends
// neither on the machine nor on what is compiled by then. The least of several rounds counts,
// because the JVM allocates for itself once in a while (it loads classes, specializes method
// handles). The kernels themselves are measured on every tier, with a bound that tells compiled
// code from code that is not: the Vector API makes an object of each vector until C2 has compiled
// the loop.

class StepAllocationTest {
  private static final List<StorageType> TYPES =
      List.of(StorageType.F32, StorageType.BF16, StorageType.Q8_0);
  private static final int CAPACITY = 128;
  private static final int STEPS = 20;
  private static final int ROUNDS = 4;

  /// What a step may allocate once, and for each layer: the records of query, key and value before
  /// and after the rope. An object for each of 64 tokens, or a task for each operation, is more.
  private static final int BYTES_PER_STEP = 1280;

  private static final int BYTES_PER_LAYER = 64;

  /// A quarter of the weights that the step reads. The vector tier allocates several times their
  /// size before its loops are compiled, and a tenth of it at most after that.
  private static final int COMPILED_BYTES = 2 << 20;

  private static final int MAX_ROUNDS = 1000;

  @ParameterizedTest
  @CsvSource({"2,1,0", "2,1,100", "2,64,0", "2,64,60", "12,1,0", "12,1,100", "12,64,0", "12,64,60"})
  void step_allocatesTwoRecordsForALayerAndNothingForAToken(int layers, int tokens, int position) {
    int limit = BYTES_PER_STEP + layers * BYTES_PER_LAYER;
    for (StorageType type : TYPES) {
      try (Run run = new Run(small(layers), type, new InertKernels())) {
        Step step = run.step(tokens, position);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
          least = Math.min(least, run.bytesPerStep(step));
        }
        assertTrue(least <= limit, type + ": " + least + " bytes, the limit is " + limit);
      }
    }
  }

  static Stream<Arguments> tiers() {
    return KernelProvider.available().stream()
        .skip(1) // the scalar tier has no vectors
        .flatMap(tier -> TYPES.stream().map(type -> Arguments.of(tier, type)));
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void decodeStep_makesNoObjectsOfVectorsOnceItIsCompiled(Kernels tier, StorageType type) {
    try (Run run = new Run(RandomShape.named("tiny-llama"), type, tier)) {
      Step step = run.step(1, 20);
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < MAX_ROUNDS && bytes > COMPILED_BYTES; round++) {
        bytes = run.bytesPerStep(step);
      }
      assertTrue(bytes <= COMPILED_BYTES, tier.name() + ": a step allocates " + bytes + " bytes");
    }
  }

  private static RandomShape small(int layers) {
    return new RandomShape(
        "small", "llama", layers, 32, 4, 2, 8, 48, 272, CAPACITY, 7777, 3e-4f, Set.of());
  }

  /// A model whose steps run on one thread, so that all that they allocate is counted.
  private static final class Run implements AutoCloseable {
    private final TinyModel model;
    private final KvCache cache;
    private final BlockTable table;
    private final ThreadTeam team = new ThreadTeam(1);
    private final FastExecutor executor;

    Run(RandomShape shape, StorageType type, Kernels kernels) {
      model = TinyModel.of(shape, type);
      cache = model.cache(StorageType.F32, 16);
      table = TinyModel.table(cache, CAPACITY);
      executor = new FastExecutor(kernels, team);
    }

    /// The next tokens of a sequence.
    Step step(int tokens, int position) {
      return Step.of(model.tokens(tokens, 5), position, table, cache);
    }

    /// The heap that a step allocates, on average.
    long bytesPerStep(Step step) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < STEPS; i++) {
        model.decoder().forward(step, executor);
      }
      return (threads.getCurrentThreadAllocatedBytes() - before) / STEPS;
    }

    @Override
    public void close() {
      executor.close();
      cache.close();
      team.close();
    }
  }
}
