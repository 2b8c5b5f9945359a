package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObservingExecutorTest {
  /// Enough that each of four experts gets some.
  private static final int NUM_TOKENS = 40;

  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-qwen2moe", "tiny-gemma2", "tiny-phi3", "tiny-gpt2"})
  void moments_ofEveryLinearEqualThoseOfItsInputs(String shape) {
    TinyModel model = TinyModel.of(shape, StorageType.Q8_0);
    int[] tokens = model.tokens(NUM_TOKENS, 1);
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor fast = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      Inputs inputs = new Inputs(fast);
      ObservingExecutor observing = new ObservingExecutor(inputs);
      assertArrayEquals(model.logits(tokens, fast), model.logits(tokens, observing));

      assertEquals(linears(model.decoder()), observing.moments().keySet());
      observing
          .moments()
          .forEach((name, moments) -> {
            List<float[]> rows = Objects.requireNonNull(inputs.rows.get(name));
            assertEquals(rows.size(), moments.count(), name);
            assertArrayEquals(sumsOfSquares(rows), moments.sums(), 1e-9, name);
          });
      assertExpertsSeeEachTokenTopKTimes(model.decoder(), observing.moments());
    }
  }

  private static void assertExpertsSeeEachTokenTopKTimes(
      Decoder decoder, Map<String, ObservingExecutor.Moments> moments) {
    for (Block block : decoder.blocks()) {
      if (block.mlp() instanceof Moe moe) {
        long seen = 0;
        for (FeedForward expert : moe.experts()) {
          Linear down = ((GatedMlp) expert).down();
          seen += Objects.requireNonNull(moments.get(down.name())).count();
        }
        assertEquals((long) NUM_TOKENS * moe.choice().topK(), seen);
      }
    }
  }

  private static double[] sumsOfSquares(List<float[]> rows) {
    double[] sums = new double[rows.getFirst().length];
    for (float[] row : rows) {
      for (int k = 0; k < sums.length; k++) {
        sums[k] += (double) row[k] * row[k];
      }
    }
    return sums;
  }

  private static Set<String> linears(Decoder decoder) {
    return decoder.linears().map(Linear::name).collect(Collectors.toSet());
  }

  /// Copies what goes into each linear map.
  private static final class Inputs extends DelegatingExecutor {
    final Map<String, List<float[]>> rows = new HashMap<>();

    Inputs(Executor base) {
      super(base);
    }

    @Override
    public Tensor linear(Linear linear, Tensor x) {
      List<float[]> seen = rows.computeIfAbsent(linear.name(), _ -> new ArrayList<>());
      seen.addAll(List.of(TinyModel.rows(x)));
      return super.linear(linear, x);
    }
  }
}
