package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import java.util.List;
import java.util.Optional;

/// The sizes and factors of a `config.json` under the keys that GGUF has for them.
final class HuggingFaceMetadata {
  private static final int POSITIONS_OF_NOMIC_MOE = 512;

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
    new HuggingFaceRope(config, family, metadata.all).write(metadata.usedHeadDim());
    new HuggingFaceExperts(config, family, metadata.all).write();
    metadata.particulars();
    return metadata.all;
  }

  private String key(String ending) {
    return family.architecture() + "." + ending;
  }

  private void check() {
    config.object("quantization_config").ifPresent(this::checkQuantization);
    config.requireOneOf(family.activationKey(), family.activations());
    if (family == HuggingFaceFamily.GPT_BIGCODE) {
      config.requireOn("multi_query");
    }
    if (family == HuggingFaceFamily.PHI) {
      config.requireOff("qk_layernorm");
    }
    config.requireOff("use_sliding_window", "alibi", "use_cla", "scale_attn_by_inverse_layer_idx");
    if (family == HuggingFaceFamily.CHATGLM1) {
      config.requireOn("position_encoding_2d");
      config.requireNumber("quantization_bit", 0);
      config.requireNumber("pre_seq_len", 0);
    } else {
      config.requireOff("position_encoding_2d");
    }
    config.requireOn("parallel_attn", "scale_attn_weights");
    config.requireOneOf("position_embedding_type", positionKinds());
    checkEncoder();
  }

  private void checkEncoder() {
    switch (family) {
      case JINA_BERT2 -> config.requireOneOf("feed_forward_type", List.of("geglu"));
      case NOMIC_BERT, NOMIC_BERT_MOE -> {
        config.requireOff("prenorm", "rotary_emb_interleaved", "use_rms_norm", "causal");
        config.requireNumber("rotary_emb_fraction", 1);
      }
      case MODERN_BERT -> config.requireOneOf("classifier_activation", List.of("gelu"));
      default -> {}
    }
  }

  private List<String> positionKinds() {
    return switch (family) {
      case JINA_BERT2 -> List.of("alibi");
      case JINA_BERT3 -> List.of("rotary");
      case CODESHELL -> List.of("rope");
      default -> List.of("absolute");
    };
  }

  private void checkQuantization(HuggingFaceConfig quantization) {
    String method = quantization.text("quant_method").orElse("not said");
    boolean mxfp4 = family == HuggingFaceFamily.GPT_OSS && method.equals("mxfp4");
    if (!mxfp4 && !method.equals("fp8")) {
      throw config.wrong(
          "quantization_config.quant_method",
          "is \"%s\"; supported are weights in F32, F16 and BF16, and in FP8 with blocks of their own factors"
              .formatted(method));
    }
    if (method.equals("fp8")) {
      quantization.requireOneOf("fmt", List.of("e4m3"));
      if (quantization.numbers("weight_block_size").isEmpty()) {
        throw config.wrong("quantization_config.weight_block_size", "is missing");
      }
    }
  }

  private void sizes() {
    int heads = heads();
    int hidden = hidden();
    all.string("general.architecture", family.architecture());
    all.string("general.type", "model");
    all.u32(key("block_count"), layers());
    all.u32(key("context_length"), contextLength());
    all.u32(key("embedding_length"), hidden);
    all.u32(key("feed_forward_length"), intermediate());
    all.u32(key("attention.head_count"), heads);
    all.u32(key("attention.head_count_kv"), kvHeads());
    headDim()
        .ifPresent(size -> {
          all.u32(key("attention.key_length"), size);
          all.u32(key("attention.value_length"), size);
        });
    if (family.hasLatentAttention()) {
      latent().sizes();
    }
    Optional<Double> layer =
        config
            .number("layer_norm_eps")
            .or(() -> config.number("norm_epsilon"))
            .or(() -> config.number("layer_norm_epsilon"))
            .or(() -> config.number("norm_eps"))
            .or(() -> config.number("layernorm_epsilon"));
    boolean other = List.of(HuggingFaceFamily.QWEN, HuggingFaceFamily.CHATGLM).contains(family);
    Optional<Double> rms = other ? layer : config.number("rms_norm_eps");
    rms.ifPresent(eps -> all.f32(key("attention.layer_norm_rms_epsilon"), eps.floatValue()));
    if (rms.isEmpty()) {
      all.f32(
          key("attention.layer_norm_epsilon"),
          layer.orElse(family == HuggingFaceFamily.DISTILBERT ? 1e-12 : 1e-5).floatValue());
    }
  }

  /// Positions that can be used: RoBERTa has two more; Nomic Embed claims more than it was trained
  /// for, which is 512 for those with experts (their model card).
  private int contextLength() {
    int claimed = positions();
    return switch (family) {
      case NOMIC_BERT -> Math.min(claimed, config.integer("max_trained_positions").orElse(claimed));
      case NOMIC_BERT_MOE -> Math.min(claimed, POSITIONS_OF_NOMIC_MOE);
      default -> family.hasUnusedPositions() ? claimed - PublishedLayout.UNUSED_POSITIONS : claimed;
    };
  }

  private int positions() {
    // Cohere writes what it was trained with as model_max_length; beyond Qwen's seq_length its
    // publisher's code scales frequencies and scores by the length of the text
    Optional<Integer> longer =
        config.integer("model_max_length").filter(n -> family == HuggingFaceFamily.COHERE);
    return longer
        .or(() -> config.integer("seq_length").filter(n -> family == HuggingFaceFamily.QWEN))
        .or(() ->
            config.integer(
                "max_position_embeddings",
                "model_max_length",
                "max_sequence_length",
                "seq_length",
                "n_positions",
                "n_ctx",
                "max_seq_len"))
        .orElse(2048);
  }

  private int intermediate() {
    if (family == HuggingFaceFamily.MPT) {
      return hidden() * config.integer("expansion_ratio").orElse(4);
    }
    boolean fourfold =
        switch (family) {
          case FALCON, GPT2, GPT_BIGCODE, BLOOM -> true;
          default -> false;
        };
    String[] keys = {
      "intermediate_size", "inner_hidden_size", "ffn_hidden_size", "n_inner", "hidden_dim"
    };
    return fourfold ? config.integer(keys).orElse(4 * hidden()) : config.needed(keys);
  }

  private int kvHeads() {
    if (family.hasLatentAttention()) {
      return heads();
    }
    if (family == HuggingFaceFamily.FALCON) {
      boolean grouped = config.isOn("new_decoder_architecture");
      int otherwise = config.isOn("multi_query", true) ? 1 : heads();
      return grouped ? config.needed("num_kv_heads", "n_head_kv") : otherwise;
    }
    if (family == HuggingFaceFamily.GPT_BIGCODE) {
      return 1;
    }
    if (family == HuggingFaceFamily.MPT) {
      return mpt().kvHeads(heads());
    }
    return config
        .integer("num_key_value_heads", "multi_query_group_num", "num_query_groups")
        .orElse(heads());
  }

  private HuggingFaceMpt mpt() {
    return new HuggingFaceMpt(config);
  }

  private HuggingFaceLatent latent() {
    return new HuggingFaceLatent(config, all, family.architecture());
  }

  private int heads() {
    return config.needed("num_attention_heads", "n_head", "n_heads");
  }

  private int hidden() {
    return config.width("hidden_size", "n_embd", "n_embed", "d_model", "dim");
  }

  private int layers() {
    return config.needed("num_hidden_layers", "num_layers", "n_layer", "n_layers");
  }

  private Optional<Integer> headDim() {
    return config.integer("head_dim", "kv_channels", "attention_head_dim").or(family::usualHeadDim);
  }

  private int usedHeadDim() {
    return headDim().orElseGet(() -> hidden() / Math.max(1, heads()));
  }

  private void particulars() {
    switch (family) {
      case GEMMA2, GEMMA3, COHERE2, GPT_OSS ->
          all.u32(key("attention.sliding_window"), config.integer("sliding_window").orElse(0));
      case GEMMA_EMBEDDING, MODERN_BERT -> windows();
      case MINICPM -> {
        all.f32(key("embedding_scale"), config.number("scale_emb").orElse(1.0).floatValue());
        double depth = config.number("scale_depth").orElse(1.0);
        all.f32(key("residual_scale"), (float) (depth / Math.sqrt(layers())));
        int base = config.integer("dim_model_base").filter(b -> b > 0).orElse(hidden());
        all.f32(key("logit_scale"), (float) hidden() / base);
      }
      case CHATGLM1 -> {
        all.u32(key("sop_token_id"), config.integer("bos_token_id").orElse(150004));
        all.u32(key("gmask_token_id"), config.integer("gmask_token_id").orElse(150001));
        all.u32(key("mask_token_id"), config.integer("mask_token_id").orElse(150000));
      }
      case GPT_NEOX ->
          all.bool(key("use_parallel_residual"), config.isOn("use_parallel_residual", true));
      case MPT -> mpt().write(all);
      case MINICPM3 -> {
        config.requireNumber("scale_emb", 12);
        config.requireNumber("scale_depth", 1.4);
        config.requireNumber("dim_model_base", 256);
      }
      default -> {}
    }
    if (family == HuggingFaceFamily.GPT_OSS) {
      config.requireNumber("swiglu_limit", 7);
    }
    copy("clip_qkv", "attention.clamp_kqv");
    kindsOfLayers();
    window();
    activation();
    copy("attn_logit_softcapping", "attn_logit_softcapping");
    copy("final_logit_softcapping", "final_logit_softcapping");
    config
        .number("logit_scale")
        .or(family::usualLogitScale)
        .ifPresent(scale -> all.f32(key("logit_scale"), scale.floatValue()));
    copy("logits_scaling", "logit_scale");
    copy("embedding_multiplier", "embedding_scale");
    copy("residual_multiplier", "residual_scale");
    copy("attention_multiplier", "attention.scale");
    config
        .number("query_pre_attn_scalar")
        .ifPresent(size -> all.f32(key("attention.scale"), (float) (1 / Math.sqrt(size))));
  }

  /// Windows that reach to both sides, and the layers that have them.
  private void windows() {
    all.u32(key("attention.sliding_window"), config.needed("sliding_window", "local_attention"));
    List<String> types = config.texts("layer_types");
    if (types.isEmpty()) {
      config
          .integer(
              "_sliding_window_pattern", "sliding_window_pattern", "global_attn_every_n_layers")
          .ifPresent(every -> all.u32(key("attention.sliding_window_pattern"), every));
    } else {
      boolean[] windowed = new boolean[types.size()];
      for (int i = 0; i < windowed.length; i++) {
        windowed[i] = types.get(i).equals("sliding_attention");
      }
      all.bools(key("attention.sliding_window_pattern"), windowed);
    }
    if (family == HuggingFaceFamily.MODERN_BERT) {
      modernBert();
    } else {
      headDim().ifPresent(size -> config.requireNumber("query_pre_attn_scalar", size));
    }
  }

  private void modernBert() {
    String activation = config.text("hidden_activation").orElse("gelu");
    all.string(key("hidden_activation"), activation.startsWith("gelu") ? "gelu" : "silu");
    all.string(
        HuggingFaceFolder.CLASSIFIER_POOLING, config.text("classifier_pooling").orElse("cls"));
    config.requireOneOf("classifier_pooling", List.of("cls", "mean"));
  }

  /// Windowed layers and those without rope are where Kawi has them.
  private void kindsOfLayers() {
    int period = family.windowPeriod();
    List<String> types = config.texts("layer_types");
    for (int i = 0; period > 0 && i < types.size(); i++) {
      String expected = (i + 1) % period == 0 ? "full_attention" : "sliding_attention";
      if (!types.get(i).equals(expected)) {
        throw config.wrong(
            "layer_types",
            "says %s of layer %d, supported is %s".formatted(types.get(i), i, expected));
      }
    }
    if (period > 0) {
      config.requireNumber("sliding_window_pattern", period);
    }
    if (family == HuggingFaceFamily.SMOLLM3) {
      withoutRope();
    }
  }

  /// Every fourth layer has none.
  private void withoutRope() {
    config.requireNumber("no_rope_layer_interval", 4);
    float[] turning = config.numbers("no_rope_layers").orElse(new float[0]);
    for (int i = 0; i < turning.length; i++) {
      float expected = (i + 1) % 4 == 0 ? 0 : 1;
      if (turning[i] != expected) {
        throw config.wrong(
            "no_rope_layers",
            "says %s of layer %d, supported is %s".formatted(turning[i], i, expected));
      }
    }
  }

  /// A window that all layers have.
  private void window() {
    if (family.hasWindowEverywhere()) {
      config
          .integer("sliding_window")
          .filter(size -> size > 0 && size < contextLength())
          .ifPresent(size -> all.u32(HuggingFaceFolder.SLIDING_WINDOW, size));
    }
  }

  /// GELU in its exact form, where the configuration means it.
  private void activation() {
    if (config
        .text(family.activationKey())
        .or(family::usualActivation)
        .equals(Optional.of("gelu"))) {
      all.string(HuggingFaceFolder.GELU, "EXACT");
    }
  }

  private void copy(String from, String ending) {
    config.number(from).ifPresent(value -> all.f32(key(ending), value.floatValue()));
  }
}
