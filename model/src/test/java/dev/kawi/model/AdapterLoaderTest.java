package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.nn.Adapter;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A model with an adapter beside it says what the model says into which the adapter was merged,
/// whatever form the model and the adapter have.
class AdapterLoaderTest {
  private static final int CONTEXT_LENGTH = 64;
  private static final double LARGEST_KLD = 1e-4;

  /// Linear maps of layers and the head, but no routers, whose choices a rounding may turn.
  private static final String LINEARS =
      "(?<!mlp\\.gate|_gate|router\\.layer|moe\\.gate|embed_tokens|tok_embeddings|wte|wpe|word_embeddings|embed_in)\\.weight";

  @TempDir private Path folder;

  private Path gguf(String shape) throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named(shape), StorageType.F32, 5).write(file);
    return file;
  }

  private PeftAdapter published(String shape, Path gguf) throws IOException {
    RandomModel model = new RandomModel(RandomShape.named(shape), StorageType.F32, 5);
    return new PeftAdapter(PublishedFolder.write(model, gguf, folder.resolve("published")));
  }

  private static ModelRun open(Path path) throws IOException {
    return new ModelRun(path, KernelProvider.choose().kernels(), CONTEXT_LENGTH);
  }

  private static double[][] run(ModelRun run) {
    try (run) {
      int vocabulary = 256;
      return run.append(new SplittableRandom(3).ints(12, 0, vocabulary).toArray());
    }
  }

  /// The largest divergence of any position.
  private static double kld(double[][] expected, double[][] found) {
    double largest = 0;
    for (int t = 0; t < expected.length; t++) {
      double sum = 0;
      for (int id = 0; id < expected[t].length; id++) {
        sum += Math.exp(expected[t][id]) * (expected[t][id] - found[t][id]);
      }
      largest = Math.max(largest, sum);
    }
    return largest;
  }

  private static void requireEqual(double[][] merged, double[][] base, double[][] adapted) {
    assertTrue(kld(merged, base) > 0.01, "the adapter changes little: " + kld(merged, base));
    double divergence = kld(merged, adapted);
    assertTrue(divergence < LARGEST_KLD, "the divergence is " + divergence);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tiny-llama",
        "tiny-qwen2",
        "tiny-qwen3",
        "tiny-phi3",
        "tiny-llama-moe",
        "tiny-qwen2moe",
        "tiny-granitemoe",
        "tiny-internlm2",
        "tiny-gpt2",
        "tiny-falcon-40b",
        "tiny-gptneox",
        "tiny-chatglm",
        "tiny-deepseek2",
        "tiny-qwen35"
      })
  void peftFolder_equalsTheModelItIsMergedInto(String shape) throws IOException {
    Path gguf = gguf(shape);
    PeftAdapter adapter = published(shape, gguf).change(LINEARS, 4, 2, 1);
    Path peft = adapter.write(folder.resolve("adapter"));
    double[][] merged = run(open(adapter.writeMerged(folder.resolve("merged"))));
    double[][] base = run(open(gguf));

    requireEqual(merged, base, run(open(gguf).with(peft)));
    requireEqual(merged, base, run(open(folder.resolve("published")).with(peft)));
  }

  @Test
  void rankStabilizedScale_isAlphaByTheRootOfTheRank() throws IOException {
    Path gguf = gguf("tiny-llama");
    PeftAdapter adapter =
        published("tiny-llama", gguf)
            .with("use_rslora", true)
            .change(LINEARS, 4, 8 / (float) Math.sqrt(4), 1);
    Path peft = adapter.write(folder.resolve("adapter"));
    double[][] merged = run(open(adapter.writeMerged(folder.resolve("merged"))));

    requireEqual(merged, run(open(gguf)), run(open(gguf).with(peft)));
  }

  @Test
  void patterns_giveModulesTheirRankAndAlpha() throws IOException {
    Path gguf = gguf("tiny-qwen2");
    PeftAdapter adapter =
        published("tiny-qwen2", gguf)
            .with("rank_pattern", "{\"o_proj\": 2, \"^model.layers.0.mlp.up_proj\": 3}")
            .with("alpha_pattern", "{\"layers\\\\.1\\\\.self_attn\\\\.q_proj$\": 1}")
            .change("0.self_attn.q_proj", 4, 2, 1)
            .change("1.self_attn.q_proj", 4, 0.25f, 1)
            .change("o_proj", 2, 4, 1)
            .change("0.mlp.up_proj", 3, 8f / 3, 1);
    Path peft = adapter.write(folder.resolve("adapter"));
    double[][] merged = run(open(adapter.writeMerged(folder.resolve("merged"))));

    requireEqual(merged, run(open(gguf)), run(open(gguf).with(peft)));
  }

  @Test
  void embeddings_areChangedForTokensOfTheSequence() throws IOException {
    Path gguf = gguf("tiny-llama");
    PeftAdapter adapter =
        published("tiny-llama", gguf)
            .changeTable("model.embed_tokens", 4, 2, 1)
            .change("down_proj", 4, 2, 2);
    Path peft = adapter.write(folder.resolve("adapter"));
    double[][] merged = run(open(adapter.writeMerged(folder.resolve("merged"))));

    requireEqual(merged, run(open(gguf)), run(open(gguf).with(peft)));
  }

  @Test
  void headThatSharesTheEmbeddings_isChangedWithoutThem() throws IOException {
    Path gguf = gguf("tiny-qwen2");
    PeftAdapter adapter = published("tiny-qwen2", gguf);
    SplittableRandom random = new SplittableRandom(2);
    RandomShape shape = RandomShape.named("tiny-qwen2");
    Written a = LowRankGguf.matrix(random, 4, shape.hiddenSize(), 0.05);
    Written b = LowRankGguf.matrix(random, shape.vocabSize(), 4, 0.5);
    adapter.add("base_model.model.lm_head.lora_A.weight", a);
    adapter.add("base_model.model.lm_head.lora_B.weight", b);
    Path peft = adapter.write(folder.resolve("adapter"));

    try (ModelRun run = open(gguf)) {
      Adapter loaded = run.loader().load(peft);
      assertEquals(List.of("token_embd"), List.copyOf(loaded.linears().keySet()));
      assertTrue(loaded.tables().isEmpty());
    }
  }

  // ---- GGUF ----

  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-phi3", "tiny-llama-moe", "tiny-qwen35"})
  void ggufAdapter_equalsTheModelItIsMergedInto(String shape) throws IOException {
    Path gguf = gguf(shape);
    Path adapter = folder.resolve("adapter.gguf");
    Path mergedFile = folder.resolve("merged.gguf");
    LowRankGguf.write(gguf, adapter, mergedFile);
    double[][] merged = run(open(mergedFile));
    published(shape, gguf);

    requireEqual(merged, run(open(gguf)), run(open(gguf).with(adapter)));
    requireEqual(merged, run(open(gguf)), run(open(folder.resolve("published")).with(adapter)));
  }

  /// The same numbers, with the rows of queries turned by hand as llama.cpp's conversion turns
  /// them, and alpha as large as makes up for the root of the rank.
  @Test
  void ggufAdapter_isThePeftFolderItWasConvertedFrom() throws IOException {
    Path gguf = gguf("tiny-llama");
    PeftAdapter adapter =
        published("tiny-llama", gguf).with("use_rslora", true).change("0.self_attn", 4, 4, 1);
    Path peft = adapter.write(folder.resolve("adapter"));
    GgufWriter writer =
        new GgufWriter(LowRankGguf.keys("llama").f32("adapter.lora.alpha", 16).build());
    RandomShape shape = RandomShape.named("tiny-llama");
    adapter
        .tensors()
        .forEach((name, tensor) -> {
          String module = name.replaceAll(".*self_attn\\.(.)_proj.*", "$1");
          boolean isB = name.contains("lora_B");
          Written turned =
              switch (module) {
                case "q" -> isB ? neighbours(tensor, shape.numHeads()) : tensor;
                case "k" -> isB ? neighbours(tensor, shape.numKvHeads()) : tensor;
                default -> tensor;
              };
          String tail = module.equals("o") ? "output" : module;
          writer.add(
              "blk.0.attn_%s.weight.lora_%s".formatted(tail, isB ? "b" : "a"),
              StorageType.F32,
              turned.shape(),
              turned.values());
        });
    Path file = folder.resolve("adapter.gguf");
    writer.write(file);

    try (ModelRun run = open(gguf)) {
      Adapter fromPeft = run.loader().load(peft);
      assertEquals(4, fromPeft.linears().size());
      assertArrayEquals(fromPeft.hash(), run.loader().load(file).hash());
    }
    try (ModelRun run = open(folder.resolve("published"))) {
      assertArrayEquals(run.loader().load(peft).hash(), run.loader().load(file).hash());
    }
  }

  /// `weights.reshape(heads, 2, size / 2, cols).swapaxes(1, 2)`.
  private static Written neighbours(Written rows, int heads) {
    int cols = Math.toIntExact(rows.shape().getLast());
    int size = Math.toIntExact(rows.shape().getFirst()) / heads;
    float[] turned = new float[rows.values().length];
    for (int to = 0; to < heads * size; to++) {
      int inHead = to % size;
      int from = to - inHead + inHead % 2 * (size / 2) + inHead / 2;
      System.arraycopy(rows.values(), from * cols, turned, to * cols, cols);
    }
    return new Written(rows.shape(), turned);
  }
}
