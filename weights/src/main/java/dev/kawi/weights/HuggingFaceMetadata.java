package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import java.util.List;
import java.util.Optional;

/// The sizes and factors of a `config.json` under the keys that GGUF has for them.
final class HuggingFaceMetadata {
  private final HuggingFaceConfig config;
  private final HuggingFaceFamily family;
  private final Metadata.Builder all = Metadata.builder();

  private HuggingFaceMetadata(HuggingFaceConfig config, HuggingFaceFamily family) {
    this.config = config;
    this.family = family;
  }

  /// All keys that the architecture reads.
  static Metadata.Builder of(HuggingFaceConfig config, HuggingFaceFamily family) {
    HuggingFaceMetadata metadata = new HuggingFaceMetadata(config, family);
    metadata.check();
    metadata.sizes();
    metadata.rope();
    metadata.experts();
    metadata.particulars();
    return metadata.all;
  }

  private String key(String ending) {
    return family.architecture() + "." + ending;
  }

  private void check() {
    config
        .object("quantization_config")
        .flatMap(q -> q.text("quant_method"))
        .ifPresent(method -> {
          throw config.wrong(
              "quantization_config.quant_method",
              "is \"%s\"; supported are weights in F32, F16 and BF16".formatted(method));
        });
    config.requireOneOf("hidden_act", family.activations());
    config.requireOneOf("hidden_activation", family.activations());
    config.requireOneOf("activation_function", family.activations());
    config.requireOff("use_sliding_window", "position_encoding_2d");
    config.requireOneOf("position_embedding_type", List.of("absolute"));
  }

  private void sizes() {
    int heads = heads();
    int hidden = hidden();
    all.string("general.architecture", family.architecture());
    all.string("general.type", "model");
    all.u32(key("block_count"), layers());
    int positions =
        config
            .integer("max_position_embeddings", "model_max_length", "seq_length", "n_positions")
            .orElse(2048);
    all.u32(
        key("context_length"),
        family == HuggingFaceFamily.XLM_ROBERTA
            ? positions - PublishedLayout.UNUSED_POSITIONS
            : positions);
    all.u32(key("embedding_length"), hidden);
    all.u32(
        key("feed_forward_length"),
        config.needed("intermediate_size", "ffn_hidden_size", "n_inner"));
    all.u32(key("attention.head_count"), heads);
    all.u32(
        key("attention.head_count_kv"),
        config
            .integer("num_key_value_heads", "multi_query_group_num", "num_query_groups")
            .orElse(heads));
    headDim()
        .ifPresent(size -> {
          all.u32(key("attention.key_length"), size);
          all.u32(key("attention.value_length"), size);
        });
    Optional<Double> layer =
        config
            .number("layer_norm_eps")
            .or(() -> config.number("norm_epsilon"))
            .or(() -> config.number("layer_norm_epsilon"))
            .or(() -> config.number("layernorm_epsilon"));
    boolean other = List.of(HuggingFaceFamily.QWEN, HuggingFaceFamily.CHATGLM).contains(family);
    Optional<Double> rms = other ? layer : config.number("rms_norm_eps");
    rms.ifPresent(eps -> all.f32(key("attention.layer_norm_rms_epsilon"), eps.floatValue()));
    if (rms.isEmpty()) {
      all.f32(key("attention.layer_norm_epsilon"), layer.orElse(1e-5).floatValue());
    }
  }

  private int heads() {
    return config.needed("num_attention_heads", "n_head");
  }

  private int hidden() {
    return config.needed("hidden_size", "n_embd");
  }

  private int layers() {
    return config.needed("num_hidden_layers", "num_layers", "n_layer");
  }

  private Optional<Integer> headDim() {
    return config.integer("head_dim", "kv_channels");
  }

  private int ropeDims() {
    int size = headDim().orElseGet(() -> hidden() / Math.max(1, heads()));
    double usual = family == HuggingFaceFamily.CHATGLM ? 0.5 : 1;
    double part = config.number("partial_rotary_factor").orElse(usual);
    return (int) (size * part);
  }

  private void rope() {
    Optional<HuggingFaceConfig> parameters = config.object("rope_parameters");
    double theta =
        config
            .number("rope_theta")
            .or(() -> parameters.flatMap(p -> p.number("rope_theta")))
            .or(() -> config.number("rotary_emb_base"))
            .orElse(10000.0 * config.number("rope_ratio").orElse(1.0));
    all.f32(key("rope.freq_base"), (float) theta);
    all.u32(key("rope.dimension_count"), ropeDims());
    if (family.hasHalves()) {
      all.string(HuggingFaceFolder.ROPE_LAYOUT, "NEOX");
    }
    config.object("rope_scaling").or(() -> parameters).ifPresent(this::scaling);
  }

  private void scaling(HuggingFaceConfig scaling) {
    String type = scaling.text("rope_type").or(() -> scaling.text("type")).orElse("default");
    switch (type) {
      case "default", "llama3" -> {} // llama3: factors, made by HuggingFaceFolder
      case "dynamic" -> dynamic();
      case "linear" -> {
        all.string(key("rope.scaling.type"), "linear");
        all.f32(key("rope.scaling.factor"), factor(scaling));
      }
      case "yarn" -> {
        all.string(key("rope.scaling.type"), "yarn");
        all.f32(key("rope.scaling.factor"), factor(scaling));
        all.u32(
            key("rope.scaling.original_context_length"),
            scaling
                .integer("original_max_position_embeddings")
                .orElseGet(() -> config.needed("max_position_embeddings")));
        scaling
            .number("beta_fast")
            .ifPresent(b -> all.f32(key("rope.scaling.yarn_beta_fast"), b.floatValue()));
        scaling
            .number("beta_slow")
            .ifPresent(b -> all.f32(key("rope.scaling.yarn_beta_slow"), b.floatValue()));
      }
      case "longrope", "su" -> longRope(scaling);
      default -> throw unsupported(type);
    }
  }

  /// InternLM's base changes only beyond the context length of the configuration.
  private void dynamic() {
    if (!family.isInternLm()) {
      throw unsupported("dynamic");
    }
  }

  private ModelFormatException unsupported(String type) {
    return config.wrong(
        "rope_scaling.rope_type",
        "is \"%s\", supported are default, linear, llama3, longrope and yarn".formatted(type));
  }

  private float factor(HuggingFaceConfig scaling) {
    return scaling
        .number("factor")
        .orElseThrow(() -> config.wrong("rope_scaling.factor", "is missing"))
        .floatValue();
  }

  /// Source: arXiv 2402.13753; the factor on the turned elements is that of the Phi-3 model.
  private void longRope(HuggingFaceConfig scaling) {
    int longest = config.needed("max_position_embeddings");
    int original =
        config
            .integer("original_max_position_embeddings")
            .or(() -> scaling.integer("original_max_position_embeddings"))
            .orElse(longest);
    double scale = (double) longest / Math.max(1, original);
    double factor =
        scale <= 1 ? 1 : Math.sqrt(1 + StrictMath.log(scale) / StrictMath.log(original));
    all.u32(key("rope.scaling.original_context_length"), original);
    all.f32(key("rope.scaling.attn_factor"), (float) factor);
  }

  private void experts() {
    Optional<Integer> count = config.integer("num_local_experts", "num_experts");
    if (count.isPresent() && count.get() > 0) {
      all.u32(key("expert_count"), count.get());
      all.u32(key("expert_used_count"), config.needed("num_experts_per_tok"));
      config
          .integer("moe_intermediate_size")
          .ifPresent(size -> all.u32(key("expert_feed_forward_length"), size));
      config
          .integer("shared_expert_intermediate_size")
          .ifPresent(size -> all.u32(key("expert_shared_feed_forward_length"), size));
      if (config.integer("decoder_sparse_step").orElse(1) != 1) {
        throw config.wrong("decoder_sparse_step", "is not 1, which is not supported");
      }
      if (family == HuggingFaceFamily.QWEN3_MOE && !config.isOn("norm_topk_prob", true)) {
        throw config.wrong("norm_topk_prob", "is false, which is not supported");
      }
    }
  }

  private void particulars() {
    switch (family) {
      case GEMMA2, GEMMA3, COHERE2 ->
          all.u32(key("attention.sliding_window"), config.integer("sliding_window").orElse(0));
      case MINICPM -> {
        all.f32(key("embedding_scale"), config.number("scale_emb").orElse(1.0).floatValue());
        double depth = config.number("scale_depth").orElse(1.0);
        all.f32(key("residual_scale"), (float) (depth / Math.sqrt(layers())));
        int base = config.integer("dim_model_base").filter(b -> b > 0).orElse(hidden());
        all.f32(key("logit_scale"), (float) hidden() / base);
      }
      default -> {}
    }
    copy("attn_logit_softcapping", "attn_logit_softcapping");
    copy("final_logit_softcapping", "final_logit_softcapping");
    copy("rope_local_base_freq", "rope.freq_base_swa");
    copy("logit_scale", "logit_scale");
    copy("logits_scaling", "logit_scale");
    copy("embedding_multiplier", "embedding_scale");
    copy("residual_multiplier", "residual_scale");
    copy("attention_multiplier", "attention.scale");
    if (List.of(HuggingFaceFamily.COHERE, HuggingFaceFamily.COHERE2).contains(family)) {
      config.requireOff("use_qk_norm");
    }
  }

  private void copy(String from, String ending) {
    config.number(from).ifPresent(value -> all.f32(key(ending), value.floatValue()));
  }
}
