package dev.kawi.model.random;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The layout of each architecture, by the value of `general.architecture`.
final class Layouts {
  private static final Map<String, Function<RandomShape, Layout>> ALL =
      Map.ofEntries(
          Map.entry("llama", LlamaLayout::new),
          Map.entry("qwen2", Qwen2Layout::new),
          Map.entry("qwen2moe", Qwen2MoeLayout::new),
          Map.entry("qwen3", Qwen3Layout::new),
          Map.entry("qwen3moe", Qwen3Layout::new),
          Map.entry("qwen3next", DeltaNetLayout::new),
          Map.entry("qwen35", DeltaNetLayout::new),
          Map.entry("qwen35moe", DeltaNetLayout::new),
          Map.entry("gemma", GemmaLayout::new),
          Map.entry("gemma2", Gemma2Layout::new),
          Map.entry("gemma3", Gemma3Layout::new),
          Map.entry("phi3", Phi3Layout::new),
          Map.entry("gpt2", Gpt2Layout::new),
          Map.entry("starcoder", Gpt2Layout::new),
          Map.entry("starcoder2", Starcoder2Layout::new),
          Map.entry("codeshell", GptLayout::new),
          Map.entry("internlm2", DecoderLayout::new),
          Map.entry("chatglm", ChatGlmLayout::new),
          Map.entry("chatglm1", ChatGlm1Layout::new),
          Map.entry("glm4", Glm4Layout::new),
          Map.entry("qwen", QwenLayout::new),
          Map.entry("baichuan", DecoderLayout::new),
          Map.entry("granite", GraniteLayout::new),
          Map.entry("granitemoe", GraniteMoeLayout::new),
          Map.entry("minicpm", MiniCpmLayout::new),
          Map.entry("minicpm3", MiniCpm3Layout::new),
          Map.entry("olmo", OlmoLayout::new),
          Map.entry("olmo2", Olmo2Layout::new),
          Map.entry("smollm3", DecoderLayout::new),
          Map.entry("command-r", CommandRLayout::new),
          Map.entry("cohere2", Cohere2Layout::new),
          Map.entry("falcon", FalconLayout::new),
          Map.entry("hunyuan-dense", HunyuanLayout::new),
          Map.entry("hunyuan-moe", HunyuanLayout::new),
          Map.entry("deepseek", DeepSeekLayout::new),
          Map.entry("deepseek2", DeepSeek2Layout::new),
          Map.entry("gpt-oss", GptOssLayout::new),
          Map.entry("bloom", BloomLayout::new),
          Map.entry("gptneox", GptNeoXLayout::new),
          Map.entry("mpt", MptLayout::new),
          Map.entry("phi2", Phi2Layout::new),
          Map.entry("stablelm", StableLmLayout::new),
          Map.entry("bert", BertLayout::new),
          Map.entry("jina-bert-v2", JinaBert2Layout::new),
          Map.entry("jina-bert-v3", RopeBertLayout::new),
          Map.entry("nomic-bert", NomicBertLayout::new),
          Map.entry("nomic-bert-moe", NomicBertMoeLayout::new),
          Map.entry("modern-bert", ModernBertLayout::new),
          Map.entry("gemma-embedding", GemmaEmbeddingLayout::new));

  private Layouts() {}

  /// The architectures that have a layout, sorted.
  static List<String> architectures() {
    return ALL.keySet().stream().sorted().toList();
  }

  /// The layout of the architecture of a shape.
  static Layout of(RandomShape shape) {
    return Optional.ofNullable(ALL.get(shape.architecture()))
        .orElseThrow(() ->
            new IllegalArgumentException(
                "random model: no layout for the architecture %s; known: %s"
                    .formatted(shape.architecture(), String.join(", ", architectures()))))
        .apply(shape);
  }
}
