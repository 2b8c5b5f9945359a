package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.kernel.VectorKernels;
import dev.kawi.tensor.StorageType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A token's logits are the same bits whoever else is in the batch, however the prompt is cut, and
/// whichever tier or number of threads computes them.
class BatchInvarianceTest {
  private static final int LENGTH = 21;
  private static final int PAGE = 8;

  @ParameterizedTest
  @CsvSource({
    "tiny-llama, Q8_0, F32", "tiny-llama, Q4_K, F16", "tiny-llama, BF16, F16",
    "tiny-qwen3, Q6_K, F16", "tiny-llama, Q4_0, F16", "tiny-llama, F32, Q8_0",
    "tiny-qwen2moe, Q8_0, F16", "tiny-qwen2moe, Q4_0, Q8_0", "tiny-gemma3, Q8_0, F32",
    "tiny-gemma3, Q8_0, Q8_0", "tiny-gemma3, Q8_0, F16", "tiny-qwen3next, Q8_0, F16",
    "tiny-qwen35, F32, F32", "tiny-qwen35moe, Q4_0, F16"
  })
  void logits_areTheSameBits(String shape, StorageType type, StorageType cacheType) {
    TinyModel model = TinyModel.of(shape, type);
    float[][] expected = run(model, cacheType, new ScalarKernels(), 1, 1, LENGTH);

    for (Kernels tier : KernelProvider.available().subList(1, KernelProvider.available().size())) {
      String name = tier.name();
      assertArrayEquals(expected, run(model, cacheType, tier, 1, 1, LENGTH), name + ", whole");
      assertArrayEquals(expected, run(model, cacheType, tier, 2, 3, 1), name + ", 3 by 1 token");
      assertArrayEquals(expected, run(model, cacheType, tier, 2, 7, 5), name + ", 7 by 5 tokens");
      assertArrayEquals(expected, run(model, cacheType, tier, 1, 3, 16), name + ", 3 by 16");
      assertArrayEquals(expected, run(model, cacheType, tier, 2, 32, 4), name + ", 32 by 4");
    }
    assertArrayEquals(expected, run(model, cacheType, new ScalarKernels(), 2, 3, 5), "scalar");
  }

  /// More tokens than fill a tile, a chunk of k or a page.
  @ParameterizedTest
  @CsvSource({
    "tiny-llama, Q4_K",
    "tiny-llama, Q8_0",
    "tiny-qwen3, BF16",
    "tiny-qwen3, F32",
    "tiny-qwen35, Q8_0"
  })
  void longPrompt_isTheSameInAnyChunks(String shape, StorageType type) {
    TinyModel model = TinyModel.of(shape, type);
    Kernels tier = KernelProvider.choose().kernels();
    float[] expected = last(model, tier, 1, 1);

    for (int chunk : new int[] {16, 100, 512}) {
      assertArrayEquals(expected, last(model, tier, 2, chunk), "chunks of " + chunk);
    }
    assertArrayEquals(expected, last(model, new VectorKernels(), 2, 512), "vector");
  }

  private static float[] last(TinyModel model, Kernels kernels, int threads, int chunk) {
    int[] tokens = model.tokens(512, 9);
    try (ThreadTeam team = new ThreadTeam(threads);
        FastExecutor executor = new FastExecutor(kernels, team);
        KvCache cache = model.cache(StorageType.F16, 64)) {
      BlockTable table = TinyModel.table(cache, tokens.length);
      float[] logits = {};
      for (int from = 0; from < tokens.length; from += chunk) {
        int to = Math.min(tokens.length, from + chunk);
        Step step = Step.of(Arrays.copyOfRange(tokens, from, to), from, table, cache);
        logits = model.decoder().forward(step, executor).row(0);
      }
      return logits;
    }
  }

  @Test
  void cacheTypes_areCloseToF32() {
    TinyModel model = TinyModel.of("tiny-llama", StorageType.F32);
    float[][] exact = run(model, StorageType.F32, new VectorKernels(), 1, 1, LENGTH);

    double half = divergence(exact, run(model, StorageType.F16, new VectorKernels(), 1, 1, LENGTH));
    double byteWide =
        divergence(exact, run(model, StorageType.Q8_0, new VectorKernels(), 1, 1, LENGTH));

    assertTrue(half > 0 && half < 1e-6, "F16: " + half);
    assertTrue(byteWide > half && byteWide < 1e-3, "Q8_0: " + byteWide);
  }

  /// Logits of the tokens of the middle sequence of a ragged batch, all of which run in chunks.
  private static float[][] run(
      TinyModel model, StorageType cacheType, Kernels kernels, int threads, int count, int chunk) {
    try (ThreadTeam team = new ThreadTeam(threads);
        FastExecutor executor = new FastExecutor(kernels, team);
        KvCache cache = model.cache(cacheType, PAGE)) {
      List<int[]> prompts = new ArrayList<>();
      List<BlockTable> tables = new ArrayList<>();
      for (int s = 0; s < count; s++) {
        boolean watched = s == count / 2;
        prompts.add(
            model.tokens(watched ? LENGTH : Math.max(1, LENGTH - s), watched ? 1 : 100 + s));
        tables.add(TinyModel.table(cache, LENGTH));
      }
      List<float[]> rows = new ArrayList<>();
      for (int from = 0; from < LENGTH; from += chunk) {
        Step step = step(prompts, tables, cache, from, Math.min(LENGTH, from + chunk));
        rows.addAll(List.of(TinyModel.rows(model.decoder().forward(step, executor))));
      }
      return rows.toArray(float[][]::new);
    }
  }

  /// Tokens `from` to `to` of each sequence that has them, one sequence after another; asks for the
  /// logits of the middle one.
  private static Step step(
      List<int[]> prompts, List<BlockTable> tables, KvCache cache, int from, int to) {
    Step.Builder step = Step.over(cache);
    for (int s = 0; s < prompts.size(); s++) {
      step.sequence(tables.get(s));
      for (int p = from; p < Math.min(to, prompts.get(s).length); p++) {
        step.token(prompts.get(s)[p], p);
        if (s == prompts.size() / 2) {
          step.output();
        }
      }
    }
    return step.build();
  }

  /// Mean over tokens of the Kullback-Leibler divergence of the second from the first.
  private static double divergence(float[][] exact, float[][] other) {
    double sum = 0;
    for (int t = 0; t < exact.length; t++) {
      double[] p = logShares(exact[t]);
      double[] q = logShares(other[t]);
      for (int k = 0; k < p.length; k++) {
        sum += Math.exp(p[k]) * (p[k] - q[k]) / exact.length;
      }
    }
    return sum;
  }

  private static double[] logShares(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    double log = Math.log(sum);
    double[] shares = new double[logits.length];
    for (int k = 0; k < shares.length; k++) {
      shares[k] = logits[k] - log;
    }
    return shares;
  }
}
