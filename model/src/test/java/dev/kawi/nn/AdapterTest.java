package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One batch mixes sequences with adapters and without, and each is what it is alone.
class AdapterTest {
  private static final int LENGTH = 9;

  /// A change of every linear map and of the embeddings.
  private static Adapter adapter(Decoder decoder, int rank, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, LowRank> maps = new TreeMap<>();
    decoder
        .linears()
        .forEach(linear ->
            maps.put(
                linear.name(),
                LowRank.of(
                    tensor(random, rank, linear.in(), 1 / Math.sqrt(linear.in())),
                    tensor(random, linear.out(), rank, 0.3),
                    0.7f)));
    Embedding tokens = decoder.embedding();
    LowRank.OfTable table =
        LowRank.OfTable.of(
            tensor(random, tokens.size(), rank, 1),
            tensor(random, tokens.hiddenSize(), rank, 0.3),
            0.7f);
    return new Adapter("random " + seed, maps, Map.of(tokens.name(), table));
  }

  private static Tensor tensor(SplittableRandom random, int rows, int cols, double size) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (size * random.nextDouble(-1, 1));
    }
    return Tensor.of(values, rows, cols);
  }

  /// Logits of every token but the first of each sequence, all in one step.
  private static List<float[][]> run(
      TinyModel model, Kernels kernels, int threads, List<Adapter> adapters, List<int[]> prompts) {
    try (ThreadTeam team = new ThreadTeam(threads);
        FastExecutor executor = new FastExecutor(kernels, team);
        KvCache cache = model.cache(StorageType.F32, 8)) {
      Step.Builder step = Step.over(cache);
      for (int s = 0; s < prompts.size(); s++) {
        step.sequence(TinyModel.table(cache, LENGTH)).adapter(adapters.get(s));
        for (int p = 0; p < LENGTH; p++) {
          step.token(prompts.get(s)[p], p);
          if (p > 0) {
            step.output();
          }
        }
      }
      float[][] rows = TinyModel.rows(model.decoder().forward(step.build(), executor));
      List<float[][]> bySequence = new ArrayList<>();
      for (int s = 0; s < prompts.size(); s++) {
        bySequence.add(Arrays.copyOfRange(rows, s * (LENGTH - 1), (s + 1) * (LENGTH - 1)));
      }
      return bySequence;
    }
  }

  private static TinyModel small(String architecture, StorageType type) {
    return TinyModel.of(TinyModel.small(architecture, Feature.EXPERTS, Feature.BIASES), type);
  }

  private static List<Adapter> none(List<int[]> prompts) {
    return Collections.nCopies(prompts.size(), Adapter.NONE);
  }

  private static List<int[]> prompts(TinyModel model, int count) {
    return IntStream.range(0, count).mapToObj(s -> model.tokens(LENGTH, 40 + s)).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "llama, Q8_0",
    "qwen2moe, F32",
    "gpt-oss, F16",
    "gptneox, BF16",
    "tiny-deepseek2, F32",
    "tiny-qwen3next, Q8_0",
    "tiny-qwen35moe, F32"
  })
  void sequencesOfABatch_haveTheBitsThatTheyHaveAlone(String shape, StorageType type) {
    TinyModel model = shape.startsWith("tiny") ? TinyModel.of(shape, type) : small(shape, type);
    Adapter one = adapter(model.decoder(), 4, 1);
    Adapter two = adapter(model.decoder(), 17, 2);
    List<int[]> prompts = prompts(model, 4);
    List<Adapter> mixed = List.of(one, Adapter.NONE, two, one);
    List<float[][]> base = run(model, new ScalarKernels(), 1, none(prompts), prompts);

    for (Kernels tier : KernelProvider.available()) {
      List<float[][]> together = run(model, tier, 2, mixed, prompts);
      for (int s = 0; s < prompts.size(); s++) {
        float[][] alone =
            run(model, tier, 1, List.of(mixed.get(s)), List.of(prompts.get(s))).getFirst();
        assertArrayEquals(alone, together.get(s), tier.name() + ", sequence " + s);
      }
      assertArrayEquals(base.get(1), together.get(1), tier.name() + ", without an adapter");
      assertFalse(Arrays.deepEquals(base.get(0), together.get(0)), tier.name());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny-llama-moe",
    "tiny-bloom",
    "tiny-deepseek2",
    "tiny-qwen3next",
    "tiny-qwen35",
    "tiny-qwen35moe"
  })
  void adapter_equalsTheModelItIsMergedInto(String shape) {
    TinyModel model = TinyModel.of(shape, StorageType.F32);
    Adapter adapter = adapter(model.decoder(), 4, 1);
    TinyModel merged = new TinyModel(model.shape(), adapter.mergedInto(model.decoder()));
    List<int[]> prompts = prompts(model, 2);

    List<float[][]> found = run(model, new ScalarKernels(), 1, List.of(adapter, adapter), prompts);

    requireClose(run(merged, new ScalarKernels(), 1, none(prompts), prompts), found);
  }

  @Test
  void sumOfAdapters_changesByBoth() {
    TinyModel model = TinyModel.of(TinyModel.small("llama"), StorageType.F32);
    Adapter one = adapter(model.decoder(), 4, 1);
    Adapter two = adapter(model.decoder(), 3, 2).scaled(0.5f);
    TinyModel merged =
        new TinyModel(model.shape(), two.mergedInto(one.mergedInto(model.decoder())));
    List<int[]> prompts = prompts(model, 1);

    List<float[][]> found =
        run(model, new ScalarKernels(), 1, List.of(Adapter.sum(List.of(one, two))), prompts);

    requireClose(run(merged, new ScalarKernels(), 1, none(prompts), prompts), found);
  }

  private static void requireClose(List<float[][]> expected, List<float[][]> found) {
    for (int s = 0; s < expected.size(); s++) {
      for (int t = 0; t < LENGTH - 1; t++) {
        assertArrayEquals(expected.get(s)[t], found.get(s)[t], 2e-3f, s + " " + t);
      }
    }
  }

  @Test
  void hash_isOfWhatIsComputed() {
    TinyModel model = TinyModel.of(TinyModel.small("llama"), StorageType.F32);
    Adapter one = adapter(model.decoder(), 4, 1);
    Adapter renamed = new Adapter("other", one.linears(), one.tables());

    assertEquals(32, one.hash().length);
    assertEquals(0, Adapter.NONE.hash().length);
    assertArrayEquals(one.hash(), renamed.hash());
    assertFalse(Arrays.equals(one.hash(), one.scaled(0.5f).hash()));
    assertFalse(Arrays.equals(one.hash(), adapter(model.decoder(), 4, 2).hash()));
    assertFalse(Arrays.equals(one.hash(), new Adapter("", one.linears(), Map.of()).hash()));
  }

  @ParameterizedTest
  @CsvSource({"tiny-llama", "tiny-gpt-oss", "tiny-qwen2moe", "tiny-deepseek2", "tiny-chatglm1"})
  void map_reachesEveryLinearMapAndChangesNothingElse(String shape) {
    TinyModel model = TinyModel.of(shape, StorageType.F32);
    List<String> seen = new ArrayList<>();
    Decoder copy =
        model
            .decoder()
            .map(linear -> {
              seen.add(linear.name());
              return new Linear(linear.name(), linear.weight(), linear.bias());
            });

    List<Linear> before = model.decoder().linears().toList();
    List<Linear> after = copy.linears().toList();
    assertEquals(before, after);
    assertEquals(
        before.stream().map(Linear::name).sorted().toList(), seen.stream().sorted().toList());
    for (int i = 0; i < before.size(); i++) {
      assertNotSame(before.get(i), after.get(i));
    }
    assertTrue(copy.blocks().equals(model.decoder().blocks()));
  }
}
