package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import java.util.List;

/// What the configuration of MPT says of attention, in an object of its own.
///
/// @param config the whole configuration
record HuggingFaceMpt(HuggingFaceConfig config) {
  private static final double USUAL_LAST_SLOPE = 8;

  /// The object.
  private HuggingFaceConfig attention() {
    return config
        .object("attn_config")
        .orElseThrow(() -> config.wrong("attn_config", "is missing"));
  }

  /// Key and value heads.
  int kvHeads(int heads) {
    HuggingFaceConfig attention = attention();
    attention.requireOneOf(
        "attn_type",
        List.of("multihead_attention", "multiquery_attention", "grouped_query_attention"));
    boolean one = attention.text("attn_type").filter("multiquery_attention"::equals).isPresent();
    return one ? 1 : attention.integer("kv_n_heads").orElse(heads);
  }

  /// Writes its keys, and refuses what Kawi does not compute.
  void write(Metadata.Builder all) {
    HuggingFaceConfig attention = attention();
    attention.requireOff("prefix_lm", "rope");
    config.requireOneOf("norm_type", List.of("low_precision_layernorm", "layernorm"));
    for (HuggingFaceConfig where : List.of(config, attention)) {
      for (String key : List.of("logit_scale", "softmax_scale")) {
        where
            .number(key)
            .ifPresent(scale -> {
              throw where.wrong(key, "is %s, which is not supported".formatted(scale));
            });
      }
    }
    attention
        .number("clip_qkv")
        .ifPresent(limit -> all.f32("mpt.attention.clamp_kqv", limit.floatValue()));
    if (attention.isOn("alibi")) {
      double last = attention.number("alibi_bias_max").orElse(USUAL_LAST_SLOPE);
      all.f32("mpt.attention.max_alibi_bias", (float) last);
    }
  }
}
