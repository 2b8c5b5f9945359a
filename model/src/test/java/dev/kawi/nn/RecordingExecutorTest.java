package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.model.random.RandomShape;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.nn.RecordingExecutor.Variable;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The recording executor on the same forward that serves: one of the four ways to execute a model.
class RecordingExecutorTest {
  /// More than the window of 16 that random Gemma models have on their first layer.
  private static final int NUM_TOKENS = 20;

  /// Of a weight. The loss is computed in double precision, so a difference of two losses 2 STEP
  /// apart is off by about STEP^2 of the third derivative and by 1e-16 / STEP through rounding.
  private static final double STEP = 1e-4;

  private static final int LARGEST = 12;
  private static final int CHOSEN = 12;

  static RandomShape[] shapes() {
    return new RandomShape[] {
      TinyModel.small("llama"),
      TinyModel.small("llama", Feature.TIED, Feature.BIASES),
      TinyModel.small("qwen3", Feature.TIED),
      TinyModel.small("qwen3"),
      TinyModel.small("gemma2", Feature.TIED)
    };
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void gradients_equalCentralDifferences(RandomShape shape) {
    Recording recording = new Recording(shape);
    Map<String, double[]> gradients = recording.gradients();

    gradients.forEach(recording::assertGradient);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void gradients_areThereForEveryTensorOfTheFile(RandomShape shape) {
    Map<String, double[]> gradients = new Recording(shape).gradients();

    Set<String> inFile =
        GgufFile.of(TinyModel.bytes(shape, StorageType.F32), "model").tensors().stream()
            .map(TensorInfo::name)
            .collect(Collectors.toSet());
    assertEquals(inFile, gradients.keySet());
    gradients.forEach((name, g) -> assertTrue(Arrays.stream(g).anyMatch(v -> v != 0), name));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void logits_equalTheFastExecutors(RandomShape shape) {
    TinyModel model = TinyModel.of(shape, StorageType.F32);
    int[] tokens = model.tokens(NUM_TOKENS, 3);
    float[][] recorded = model.logits(tokens, new RecordingExecutor());
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor fast = new FastExecutor(new ScalarKernels(), team)) {
      float[][] served = model.logits(tokens, fast);
      for (int t = 0; t < NUM_TOKENS; t++) {
        assertArrayEquals(served[t], recorded[t], 1e-4f);
      }
    }
  }

  /// A model, a prompt, and what follows each of its tokens.
  private static final class Recording {
    final RecordingExecutor executor = new RecordingExecutor();
    private final TinyModel model;
    private final int[] tokens;
    private final int[] targets;

    Recording(RandomShape shape) {
      model = TinyModel.of(shape, StorageType.F32);
      tokens = model.tokens(NUM_TOKENS, 3);
      targets = model.tokens(NUM_TOKENS, 4);
    }

    double loss() {
      try (KvCache cache = model.cache(StorageType.F32, 8)) {
        int[] all = IntStream.range(0, NUM_TOKENS).toArray();
        Step step = Step.of(tokens, 0, TinyModel.table(cache, NUM_TOKENS), cache, all);
        Tensor logits = model.decoder().forward(step, executor);
        return executor.loss(logits, targets);
      }
    }

    /// The gradient of every weight, by its name in the file.
    Map<String, double[]> gradients() {
      loss();
      executor.backward();
      return executor.weights().entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, w -> w.getValue().gradient.clone()));
    }

    /// Checks the entries with the largest gradients and some others. An error counts relative to
    /// the entry's own gradient, or to a millionth of the largest of its tensor where the entry's
    /// is smaller than that and drowns in rounding.
    void assertGradient(String name, double[] gradient) {
      Variable w = executor.weights().get(name);
      double largest = Arrays.stream(gradient).map(Math::abs).max().orElseThrow();
      for (int i : sample(gradient)) {
        double expected = difference(w, i);
        double tolerance = 1e-3 * Math.max(Math.abs(expected), 1e-6 * largest);
        assertEquals(expected, gradient[i], tolerance, () -> name + "[" + i + "]");
      }
    }

    private double difference(Variable w, int i) {
      double before = w.value[i];
      w.value[i] = before + STEP;
      double above = loss();
      w.value[i] = before - STEP;
      double below = loss();
      w.value[i] = before;
      return (above - below) / (2 * STEP);
    }

    private static int[] sample(double[] gradient) {
      IntStream largest =
          IntStream.range(0, gradient.length)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -Math.abs(gradient[i])))
              .mapToInt(Integer::intValue)
              .limit(LARGEST);
      IntStream others = new SplittableRandom(5).ints(CHOSEN, 0, gradient.length);
      return IntStream.concat(largest, others).distinct().toArray();
    }
  }
}
