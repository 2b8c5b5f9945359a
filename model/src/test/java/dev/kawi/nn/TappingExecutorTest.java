package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The tapping executor on every architecture: the decomposition that it watches computes the same
/// bits as the fused operations.
class TappingExecutorTest {
  private static final int NUM_TOKENS = 20;

  static Stream<String> shapes() {
    return RandomShape.names().stream().filter(name -> name.startsWith("tiny-"));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void tapped_givesTheSameBitsAndShowsEveryLayer(String shape) {
    TinyModel model = TinyModel.of(shape, StorageType.Q8_0);
    int[] tokens = model.tokens(NUM_TOKENS, 1);
    Seen seen = new Seen();
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor fast = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      float[][] served = model.logits(tokens, fast);
      float[][] tapped = model.logits(tokens, new TappingExecutor(fast, seen));

      assertArrayEquals(served, tapped);
    }
    List<Integer> layers = IntStream.range(0, model.decoder().numLayers()).boxed().toList();
    assertEquals(layers, seen.layers);
    List<Integer> ofAttention =
        model.decoder().blocks().stream()
            .flatMap(Block::mixers)
            .filter(Attention.class::isInstance)
            .map(Mixer::layer)
            .toList();
    assertEquals(ofAttention, seen.attentions);
  }

  /// Keeps the order and checks each attention map as it passes.
  private static final class Seen implements TappingExecutor.Tap {
    final List<Integer> layers = new ArrayList<>();
    final List<Integer> attentions = new ArrayList<>();

    @Override
    public void embedded(Tensor x, Executor executor) {
      assertTrue(attentions.isEmpty(), "embeddings come before the layers");
    }

    @Override
    public void attended(Attention attention, Tensor weights, Executor executor) {
      attentions.add(attention.layer());
      int numHeads = attention.heads().numHeads();
      assertEquals(NUM_TOKENS * numHeads, weights.rows());
      for (int row = 0; row < weights.rows(); row++) {
        assertLooksBack(attention, row / numHeads, executor.read(weights, row));
      }
    }

    private static void assertLooksBack(Attention attention, int position, float[] weights) {
      double sum = 0;
      for (int p = 0; p < weights.length; p++) {
        boolean visible = p >= attention.firstVisible(position) && p <= position;
        assertTrue(visible ? weights[p] >= 0 : weights[p] == 0, "weight of position " + p);
        sum += weights[p];
      }
      if (attention.scores().sinks() == null) {
        assertEquals(1, sum, 1e-5);
      } else {
        assertTrue(sum < 1, "a sink takes its share");
      }
    }

    @Override
    public void layerDone(int layer, Tensor x, Executor executor) {
      layers.add(layer);
    }
  }
}
