package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// What encoders have that decoders do not: other names, and a way of pooling. Source: the BERT,
/// XLM-RoBERTa and ModernBERT models of Hugging Face transformers, the modules of
/// sentence-transformers, and the tensor mapping of llama.cpp's conversion scripts.
final class HuggingFaceEncoder {
  private static final Pattern LAYER =
      Pattern.compile("(?:(?:encoder|transformer)\\.)?layers?\\.(\\d{1,4})\\.(.+)\\.(weight|bias)");
  private static final Pattern OUTSIDE = Pattern.compile("(.+)\\.(weight|bias)");
  private static final Pattern BEFORE = Pattern.compile("^(?:bert|roberta|distilbert|model)\\.");

  /// A weight that has an adapter, as in Jina Embeddings v3.
  private static final Pattern ADAPTED =
      Pattern.compile("\\.parametrizations\\.(weight|bias)\\.original$");

  private static final Map<String, String> OUTSIDE_NAMES =
      Map.ofEntries(
          Map.entry("embeddings.word_embeddings", "token_embd"),
          Map.entry("embeddings.tok_embeddings", "token_embd"),
          Map.entry("embeddings.position_embeddings", "position_embd"),
          Map.entry("embeddings.token_type_embeddings", "token_types"),
          Map.entry("embeddings.LayerNorm", "token_embd_norm"),
          Map.entry("embeddings.norm", "token_embd_norm"),
          Map.entry("emb_ln", "token_embd_norm"),
          Map.entry("final_norm", "output_norm"),
          Map.entry("pooler.dense", "cls"),
          Map.entry("head.dense", "cls"),
          Map.entry("head.norm", "cls.norm"),
          Map.entry("classifier.dense", "cls"),
          Map.entry("classifier.out_proj", "cls.output"),
          Map.entry("classifier", "cls.output"));

  private static final Map<String, String> NAMES_IN_LAYERS =
      Map.ofEntries(
          Map.entry("attention.self.query", "attn_q"),
          Map.entry("attention.self.key", "attn_k"),
          Map.entry("attention.self.value", "attn_v"),
          Map.entry("attention.output.dense", "attn_output"),
          Map.entry("attention.output.LayerNorm", "attn_output_norm"),
          Map.entry("intermediate.dense", "ffn_up"),
          Map.entry("output.dense", "ffn_down"),
          Map.entry("output.LayerNorm", "layer_output_norm"),
          // DistilBERT
          Map.entry("attention.q_lin", "attn_q"),
          Map.entry("attention.k_lin", "attn_k"),
          Map.entry("attention.v_lin", "attn_v"),
          Map.entry("attention.out_lin", "attn_output"),
          Map.entry("sa_layer_norm", "attn_output_norm"),
          Map.entry("ffn.lin1", "ffn_up"),
          Map.entry("ffn.lin2", "ffn_down"),
          Map.entry("output_layer_norm", "layer_output_norm"),
          // Nomic Embed and Jina Embeddings v3
          Map.entry("attn.Wqkv", "attn_qkv"),
          Map.entry("attn.out_proj", "attn_output"),
          Map.entry("mixer.Wqkv", "attn_qkv"),
          Map.entry("mixer.out_proj", "attn_output"),
          Map.entry("norm1", "attn_output_norm"),
          Map.entry("mlp.fc1", "ffn_up"),
          Map.entry("mlp.fc11", "ffn_up"),
          Map.entry("mlp.fc12", "ffn_gate"),
          Map.entry("mlp.fc2", "ffn_down"),
          Map.entry("norm2", "layer_output_norm"),
          Map.entry("mlp.router.layer", "ffn_gate_inp"),
          Map.entry("mlp.experts.mlp.w1", "ffn_up_exps"),
          Map.entry("mlp.experts.mlp.w2", "ffn_down_exps"),
          Map.entry("mlp.experts", "ffn_exps"),
          // Jina Embeddings v2
          Map.entry("attention.self.layer_norm_q", "attn_q_norm"),
          Map.entry("attention.self.layer_norm_k", "attn_k_norm"),
          Map.entry("layer_norm_1", "attn_norm_2"),
          Map.entry("mlp.gated_layers", "ffn_up"),
          Map.entry("mlp.wo", "ffn_down"),
          Map.entry("mlp.layernorm", "layer_output_norm"),
          Map.entry("mlp.up_gated_layer", "ffn_up_gate"),
          Map.entry("mlp.down_layer", "ffn_down"),
          Map.entry("layer_norm_2", "layer_output_norm"),
          // ModernBERT
          Map.entry("attn_norm", "attn_norm"),
          Map.entry("attn.Wo", "attn_output"),
          Map.entry("mlp_norm", "ffn_norm"),
          Map.entry("mlp.Wi", "ffn_up"),
          Map.entry("mlp.Wo", "ffn_down"));

  private HuggingFaceEncoder() {}

  /// The name in GGUF of a tensor; empty for one that no forward pass needs.
  static Optional<String> ggufName(String name) {
    String plain = plain(name);
    Matcher layer = LAYER.matcher(plain);
    if (layer.matches()) {
      return Optional.ofNullable(NAMES_IN_LAYERS.get(layer.group(2)))
          .map(own -> "blk." + layer.group(1) + "." + own + "." + layer.group(3));
    }
    Matcher outside = OUTSIDE.matcher(plain);
    return outside.matches()
        ? Optional.ofNullable(OUTSIDE_NAMES.get(outside.group(1)))
            .map(own -> own + "." + outside.group(2))
        : Optional.empty();
  }

  /// The name in GGUF of a tensor of a linear map after pooling.
  static Optional<String> dense(String prefix, String name) {
    return name.startsWith("linear.")
        ? Optional.of(prefix + name.substring("linear".length()))
        : Optional.empty();
  }

  /// Without the model's own name, and with the usual endings.
  private static String plain(String name) {
    String plain = ADAPTED.matcher(BEFORE.matcher(name).replaceFirst("")).replaceFirst(".$1");
    if (plain.endsWith(".mlp.w1") || plain.endsWith(".mlp.w2")) {
      return plain + ".weight";
    }
    return plain
        .replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
        .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
  }

  /// The pooling of a `1_Pooling/config.json`, as GGUF numbers it.
  static void pooling(JsonNode config, String architecture, Metadata.Builder all) {
    if (config.path("pooling_mode_cls_token").asBoolean(false)) {
      all.u32(architecture + ".pooling_type", 2);
    } else if (config.path("pooling_mode_lasttoken").asBoolean(false)) {
      all.u32(architecture + ".pooling_type", 3);
    } else {
      all.u32(architecture + ".pooling_type", 1);
    }
  }

  // ---- windows ----

  /// The keys of ModernBERT.
  static void modernBert(HuggingFaceConfig config, Metadata.Builder all) {
    windows("modern-bert", config, all);
    String activation = config.text("hidden_activation").orElse("gelu");
    all.string("modern-bert.hidden_activation", activation.startsWith("gelu") ? "gelu" : "silu");
    all.string(
        HuggingFaceFolder.CLASSIFIER_POOLING, config.text("classifier_pooling").orElse("cls"));
    config.requireOneOf("classifier_pooling", List.of("cls", "mean"));
  }

  /// The keys of EmbeddingGemma.
  static void embeddingGemma(HuggingFaceConfig config, Metadata.Builder all) {
    windows("gemma-embedding", config, all);
    config.requireNumber("query_pre_attn_scalar", config.integer("head_dim").orElse(256));
  }

  /// Windows that reach to both sides, and the layers that have them.
  private static void windows(String arch, HuggingFaceConfig config, Metadata.Builder all) {
    String pattern = arch + ".attention.sliding_window_pattern";
    all.u32(arch + ".attention.sliding_window", config.needed("sliding_window", "local_attention"));
    List<String> types = config.texts("layer_types");
    if (types.isEmpty()) {
      config
          .integer(
              "_sliding_window_pattern", "sliding_window_pattern", "global_attn_every_n_layers")
          .ifPresent(every -> all.u32(pattern, every));
    } else {
      boolean[] windowed = new boolean[types.size()];
      for (int i = 0; i < windowed.length; i++) {
        windowed[i] = types.get(i).equals("sliding_attention");
      }
      all.bools(pattern, windowed);
    }
  }
}
