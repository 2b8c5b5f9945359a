package dev.kawi.model.random;

import dev.kawi.model.random.RandomShape.Feature;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The shapes that have names: those of released models, for measurements (and one that nobody
/// released, so that nothing is tuned to the others alone), and tiny ones for tests. The tiny ones
/// have odd values on purpose: a norm epsilon, a rope base or a window near its usual value hides a
/// mistake. Every row of theirs is a multiple of 256, so that each storage type fits them.
final class KnownShapes {
  private static final int VOCABULARY = 320;
  private static final int CONTEXT = 512;
  private static final Map<String, RandomShape> KNOWN = known();

  private KnownShapes() {}

  /// The shape with this name; an error lists them all.
  static RandomShape named(String name) {
    RandomShape shape = KNOWN.get(name);
    if (shape == null) {
      throw new IllegalArgumentException(
          "random model: unknown shape %s; known: %s"
              .formatted(name, String.join(", ", KNOWN.keySet())));
    }
    return shape;
  }

  /// The names that [#named] knows.
  static List<String> names() {
    return List.copyOf(KNOWN.keySet());
  }

  private static Map<String, RandomShape> known() {
    Map<String, RandomShape> shapes = new LinkedHashMap<>();
    for (RandomShape shape : released()) {
      shapes.put(shape.name(), shape);
    }
    for (RandomShape shape : encoders()) {
      shapes.put(shape.name(), shape);
    }
    for (RandomShape shape : tiny()) {
      shapes.put(shape.name(), shape);
    }
    return shapes;
  }

  private static List<RandomShape> released() {
    Set<Feature> tied = Set.of(Feature.TIED);
    Set<Feature> qwen2 = Set.of(Feature.TIED, Feature.BIASES);
    Set<Feature> llama3 = Set.of(Feature.TIED, Feature.ROPE_FREQS);
    return List.of(
        new RandomShape(
            "qwen2.5-0.5b", "qwen2", 24, 896, 14, 2, 64, 4864, 151936, 32768, 1e6f, 1e-6f, qwen2),
        new RandomShape(
            "qwen2.5-1.5b", "qwen2", 28, 1536, 12, 2, 128, 8960, 151936, 32768, 1e6f, 1e-6f, qwen2),
        new RandomShape(
            "llama-3.2-1b",
            "llama",
            16,
            2048,
            32,
            8,
            64,
            8192,
            128256,
            131072,
            5e5f,
            1e-5f,
            llama3),
        new RandomShape(
            "qwen3-0.6b", "qwen3", 28, 1024, 16, 8, 128, 3072, 151936, 40960, 1e6f, 1e-6f, tied),
        new RandomShape(
            "uncommon-0.5b", "llama", 28, 1280, 20, 5, 64, 3584, 64000, 8192, 1e5f, 1e-5f, tied),
        new RandomShape(
            "hybrid-0.8b", "qwen35", 24, 1024, 8, 2, 256, 3584, 151936, 32768, 1e7f, 1e-6f, tied));
  }

  /// Tiny, too, and no decoders.
  private static List<RandomShape> encoders() {
    return List.of(
        encoder("bert", "bert"),
        encoder("bert-reranker", "bert", Feature.SCORE_HEAD),
        gemmaEncoder("gemma", Feature.LINEAR_ROPE),
        gemmaEncoder("gemma-dense", Feature.LINEAR_ROPE, Feature.PROJECTIONS),
        encoder("nomic", "nomic-bert"),
        encoder("nomic-moe", "nomic-bert-moe", Feature.EXPERTS),
        encoder("modern", "modern-bert"),
        encoder("modern-reranker", "modern-bert", Feature.SCORE_HEAD),
        encoder("jina2", "jina-bert-v2"),
        encoder("jina2-code", "jina-bert-v2", Feature.TWO_NORMS),
        encoder("jina3", "jina-bert-v3"));
  }

  private static RandomShape gemmaEncoder(String name, Feature... features) {
    return small("encoder-" + name, "gemma-embedding", 7, 256, 4, 1, 128, 512, features);
  }

  private static RandomShape encoder(String name, String architecture, Feature... features) {
    return small("encoder-" + name, architecture, 3, 256, 4, 4, 64, 512, features);
  }

  private static List<RandomShape> tiny() {
    return List.of(
        tiny("llama", "llama", 2, 6, 2, 128),
        tiny("llama-tied", "llama", 2, 6, 2, 128, Feature.TIED),
        tiny("llama-rope-freqs", "llama", 2, 6, 2, 128, Feature.ROPE_FREQS),
        tiny("llama-linear", "llama", 2, 6, 2, 128, Feature.LINEAR_ROPE),
        tiny("llama-yarn", "llama", 2, 6, 2, 128, Feature.YARN_ROPE),
        tiny("llama-biases", "llama", 2, 4, 2, 64, Feature.BIASES),
        tiny("llama-moe", "llama", 2, 4, 2, 64, Feature.EXPERTS),
        tiny("qwen2", "qwen2", 2, 4, 2, 64, Feature.TIED, Feature.BIASES),
        tiny("qwen2-yarn", "qwen2", 2, 8, 2, 32, Feature.BIASES, Feature.YARN_ROPE),
        tiny("qwen2moe", "qwen2moe", 2, 4, 2, 64, Feature.BIASES, Feature.EXPERTS),
        tiny("qwen3", "qwen3", 2, 8, 2, 64, Feature.TIED),
        tiny("qwen3moe", "qwen3moe", 2, 8, 2, 64, Feature.EXPERTS),
        tiny("gemma2", "gemma2", 4, 8, 4, 64, Feature.TIED),
        tiny("gemma3", "gemma3", 7, 4, 1, 128, Feature.TIED),
        tiny("gemma3-linear", "gemma3", 7, 4, 1, 128, Feature.TIED, Feature.LINEAR_ROPE),
        tiny("phi3", "phi3", 2, 8, 2, 32),
        tiny("phi3-partial", "phi3", 2, 4, 2, 64, Feature.TIED, Feature.PARTIAL_ROPE),
        tiny("phi3-long", "phi3", 2, 4, 2, 64, Feature.LONG_FACTORS, Feature.PARTIAL_ROPE),
        tiny("phi3-short", "phi3", 2, 4, 2, 64, Feature.SHORT_FACTORS),
        tiny("gpt2", "gpt2", 2, 4, 4, 64),
        tiny("starcoder2", "starcoder2", 2, 4, 2, 64, Feature.TIED),
        tiny("internlm2", "internlm2", 2, 8, 2, 32),
        tiny("chatglm", "chatglm", 2, 4, 2, 64, Feature.BIASES, Feature.PARTIAL_ROPE),
        tiny("glm4", "glm4", 2, 8, 2, 32, Feature.BIASES, Feature.PARTIAL_ROPE),
        tiny("glm4-plain", "glm4", 2, 4, 2, 64, Feature.TIED),
        tiny("qwen", "qwen", 2, 4, 4, 64, Feature.BIASES),
        tiny("codeshell", "codeshell", 2, 4, 2, 64),
        tiny("gemma", "gemma", 2, 4, 1, 128, Feature.TIED),
        tiny("granite", "granite", 2, 4, 2, 64, Feature.TIED),
        tiny("minicpm", "minicpm", 2, 4, 4, 64, Feature.TIED),
        tiny("olmo2", "olmo2", 2, 4, 2, 64),
        tiny("smollm3", "smollm3", 5, 4, 2, 64, Feature.TIED),
        tiny("command-r", "command-r", 2, 4, 2, 64, Feature.TIED),
        tiny("cohere2", "cohere2", 5, 4, 2, 64, Feature.TIED),
        tiny("falcon", "falcon", 2, 4, 1, 64, Feature.TIED),
        tiny("falcon-40b", "falcon", 2, 4, 2, 64, Feature.TWO_NORMS),
        chatGlm1(),
        narrow("gemma2-27b", "gemma2", 46, 4, Feature.TIED),
        narrow("gemma3-27b", "gemma3", 62, 4, Feature.TIED),
        commandRPlus(),
        narrow("baichuan-7b", "baichuan", 32, 2),
        baichuan13b(),
        tiny("starcoder", "starcoder", 2, 4, 1, 64, Feature.TIED),
        fourfold("bloom", "bloom", 192, 3),
        tiny("gptneox", "gptneox", 2, 4, 4, 64, Feature.PARTIAL_ROPE),
        tiny("gptneox-parallel", "gptneox", 2, 8, 8, 32, Feature.PARALLEL),
        fourfold("mpt", "mpt", 256, 4),
        tiny("phi2", "phi2", 2, 4, 4, 64, Feature.PARTIAL_ROPE),
        tiny("stablelm", "stablelm", 2, 4, 2, 64, Feature.BIASES, Feature.PARTIAL_ROPE),
        tiny("stablelm-12b", "stablelm", 2, 4, 2, 64, Feature.HEAD_NORMS, Feature.PARALLEL),
        olmo(),
        tiny("hunyuan", "hunyuan-dense", 2, 4, 2, 64, Feature.TIED),
        tiny("hunyuan-moe", "hunyuan-moe", 2, 4, 2, 64, Feature.TIED, Feature.EXPERTS),
        tiny("granitemoe", "granitemoe", 2, 4, 2, 64, Feature.TIED, Feature.EXPERTS),
        tiny("deepseek", "deepseek", 3, 4, 2, 64, Feature.EXPERTS),
        tiny(
            "deepseek2",
            "deepseek2",
            3,
            4,
            4,
            64,
            Feature.EXPERTS,
            Feature.LATENT,
            Feature.YARN_ROPE),
        tiny(
            "deepseek3",
            "deepseek2",
            3,
            4,
            1,
            64,
            Feature.EXPERTS,
            Feature.SPLIT_LATENT,
            Feature.SIGMOID_EXPERTS,
            Feature.YARN_ROPE),
        tiny("minicpm3", "minicpm3", 2, 4, 4, 64, Feature.LATENT),
        tiny("qwen3next", "qwen3next", 5, 4, 2, 64, Feature.EXPERTS),
        tiny("qwen35", "qwen35", 5, 4, 2, 64, Feature.TIED),
        tiny("qwen35moe", "qwen35moe", 4, 4, 1, 64, Feature.EXPERTS),
        tiny("gpt-oss", "gpt-oss", 4, 4, 2, 64, Feature.EXPERTS, Feature.BIASES),
        tiny(
            "gpt-oss-yarn",
            "gpt-oss",
            2,
            8,
            2,
            64,
            Feature.EXPERTS,
            Feature.BIASES,
            Feature.YARN_ROPE));
  }

  /// As many layers as a released model by which something else is known: how attention of the
  /// largest Gemma is scaled, or that Baichuan has a rope.
  private static RandomShape narrow(
      String name, String architecture, int numLayers, int numHeads, Feature... features) {
    return small("tiny-" + name, architecture, numLayers, 128, numHeads, 2, 64, 128, features);
  }

  /// As many layers as Baichuan 13B, by which it is known, and a number of heads that is no power
  /// of two, on which slopes depend.
  private static RandomShape baichuan13b() {
    return small("tiny-baichuan-13b", "baichuan", 40, 192, 3, 3, 64, 192);
  }

  /// As many layers as Command R+, by which llama.cpp knows it.
  private static RandomShape commandRPlus() {
    return small(
        "tiny-command-r-plus",
        "command-r",
        64,
        128,
        2,
        1,
        64,
        128,
        Feature.TIED,
        Feature.HEAD_NORMS);
  }

  /// With an inner width that is four times the outer one, as the publisher's code has it always.
  private static RandomShape fourfold(
      String name, String architecture, int hiddenSize, int numHeads) {
    return small(
        "tiny-" + name,
        architecture,
        2,
        hiddenSize,
        numHeads,
        numHeads,
        64,
        4 * hiddenSize,
        Feature.TIED);
  }

  /// With the epsilon of the norms that the released models have: their configurations do not say
  /// it.
  private static RandomShape olmo() {
    Set<Feature> none = Set.of();
    return new RandomShape(
        "tiny-olmo", "olmo", 2, 256, 4, 2, 64, 512, VOCABULARY, CONTEXT, 7777, 1e-5f, none);
  }

  /// With the rope base that its publisher's code takes always.
  private static RandomShape chatGlm1() {
    Set<Feature> none = Set.of();
    return new RandomShape(
        "tiny-chatglm1",
        "chatglm1",
        3,
        256,
        4,
        4,
        64,
        512,
        VOCABULARY,
        CONTEXT,
        10000,
        3e-4f,
        none);
  }

  private static RandomShape tiny(
      String name,
      String architecture,
      int numLayers,
      int numHeads,
      int numKvHeads,
      int headDim,
      Feature... features) {
    return small(
        "tiny-" + name, architecture, numLayers, 256, numHeads, numKvHeads, headDim, 512, features);
  }

  private static RandomShape small(
      String name,
      String architecture,
      int numLayers,
      int hiddenSize,
      int numHeads,
      int numKvHeads,
      int headDim,
      int intermediateSize,
      Feature... features) {
    return new RandomShape(
        name,
        architecture,
        numLayers,
        hiddenSize,
        numHeads,
        numKvHeads,
        headDim,
        intermediateSize,
        VOCABULARY,
        CONTEXT,
        7777,
        3e-4f,
        Set.of(features));
  }
}
