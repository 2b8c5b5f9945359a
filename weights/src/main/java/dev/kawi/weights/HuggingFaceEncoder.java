package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// What encoders have that decoders do not: other names, and a way of pooling. Source: the BERT and
/// XLM-RoBERTa models of Hugging Face transformers, and the modules of sentence-transformers.
final class HuggingFaceEncoder {
  private static final Pattern LAYER =
      Pattern.compile("encoder\\.layer\\.(\\d{1,4})\\.(.+)\\.(weight|bias)");
  private static final Pattern OUTSIDE = Pattern.compile("(.+)\\.(weight|bias)");

  private static final Map<String, String> OUTSIDE_NAMES =
      Map.of(
          "embeddings.word_embeddings", "token_embd",
          "embeddings.position_embeddings", "position_embd",
          "embeddings.token_type_embeddings", "token_types",
          "embeddings.LayerNorm", "token_embd_norm",
          "pooler.dense", "cls",
          "classifier.dense", "cls",
          "classifier.out_proj", "cls.output",
          "classifier", "cls.output");

  private static final Map<String, String> NAMES_IN_LAYERS =
      Map.of(
          "attention.self.query", "attn_q",
          "attention.self.key", "attn_k",
          "attention.self.value", "attn_v",
          "attention.output.dense", "attn_output",
          "attention.output.LayerNorm", "attn_output_norm",
          "intermediate.dense", "ffn_up",
          "output.dense", "ffn_down",
          "output.LayerNorm", "layer_output_norm");

  private HuggingFaceEncoder() {}

  /// The name in GGUF of a tensor; empty for one that no forward pass needs.
  static Optional<String> ggufName(String name) {
    String plain = name.replaceFirst("^(?:bert|roberta)\\.", "");
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
}
