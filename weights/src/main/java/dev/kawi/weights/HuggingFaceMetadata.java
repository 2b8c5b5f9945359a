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
    new HuggingFaceExperts(config, family, metadata.all).write();
    metadata.particulars();
    return metadata.all;
  }

  private String key(String ending) {
    return family.architecture() + "." + ending;
  }

  private void check() {
    config.object("quantization_config").ifPresent(this::checkQuantization);
    config.requireOneOf("hidden_act", family.activations());
    config.requireOneOf("hidden_activation", family.activations());
    config.requireOneOf("activation_function", family.activations());
    if (family == HuggingFaceFamily.FALCON) {
      config.requireOneOf("activation", family.activations());
    }
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
    config.requireOneOf("position_embedding_type", List.of("absolute"));
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
      all.f32(key("attention.layer_norm_epsilon"), layer.orElse(1e-5).floatValue());
    }
  }

  /// Positions that can be used; RoBERTa has two more.
  private int contextLength() {
    return family == HuggingFaceFamily.XLM_ROBERTA
        ? positions() - PublishedLayout.UNUSED_POSITIONS
        : positions();
  }

  private int positions() {
    // Cohere writes what it was trained with as model_max_length
    Optional<Integer> longer =
        config.integer("model_max_length").filter(n -> family == HuggingFaceFamily.COHERE);
    return longer
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
    String[] keys = {"intermediate_size", "inner_hidden_size", "ffn_hidden_size", "n_inner"};
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
    return config.width("hidden_size", "n_embd", "n_embed", "d_model");
  }

  private int layers() {
    return config.needed("num_hidden_layers", "num_layers", "n_layer", "n_layers");
  }

  private Optional<Integer> headDim() {
    return config.integer("head_dim", "kv_channels", "attention_head_dim");
  }

  private int ropeDims() {
    if (family.hasLatentAttention()) {
      return config.needed("qk_rope_head_dim");
    }
    int size = headDim().orElseGet(() -> hidden() / Math.max(1, heads()));
    double usual =
        switch (family) {
          case CHATGLM, CHATGLM1, PHI -> 0.5;
          case GPT_NEOX, STABLELM -> 0.25;
          default -> 1;
        };
    double part =
        config
            .number("partial_rotary_factor")
            .or(() -> config.number("rotary_pct"))
            .or(() -> config.number("rope_pct"))
            .orElse(usual);
    return (int) (size * part);
  }

  private void rope() {
    Optional<HuggingFaceConfig> parameters = config.object("rope_parameters");
    all.f32(key("rope.freq_base"), (float) ropeTheta());
    all.u32(key("rope.dimension_count"), ropeDims());
    if (family.hasHalves()) {
      all.string(HuggingFaceFolder.ROPE_LAYOUT, "NEOX");
    }
    config.object("rope_scaling").or(() -> parameters).ifPresent(this::scaling);
  }

  private double ropeTheta() {
    return config
        .number("rope_theta")
        .or(() -> config.object("rope_parameters").flatMap(p -> p.number("rope_theta")))
        .or(() -> config.number("rotary_emb_base"))
        .or(() -> config.object("rotary").flatMap(r -> r.number("base")))
        .orElse(10000.0 * config.number("rope_ratio").orElse(1.0));
  }

  private void scaling(HuggingFaceConfig scaling) {
    String type = scaling.text("rope_type").or(() -> scaling.text("type")).orElse("default");
    switch (type) {
      case "default", "llama3" -> {} // llama3: factors, made by HuggingFaceFolder
      case "dynamic" -> dynamic(scaling);
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
        if (family.hasLatentAttention()) {
          latent().yarn(scaling);
        }
      }
      case "longrope", "su" -> longRope(scaling);
      default -> throw unsupported(type);
    }
  }

  /// Hunyuan's base is another one at any length; InternLM's changes only beyond the context length
  /// of the configuration.
  private void dynamic(HuggingFaceConfig scaling) {
    if (family.isHunyuan()) {
      double alpha =
          scaling
              .number("alpha")
              .orElseThrow(() -> config.wrong("rope_scaling.alpha", "is missing"));
      double dims = ropeDims();
      double theta = ropeTheta() * StrictMath.pow(alpha, dims / Math.max(1, dims - 2));
      all.f32(key("rope.freq_base"), (float) theta);
    } else if (!family.isInternLm()) {
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

  private void particulars() {
    switch (family) {
      case GEMMA2, GEMMA3, COHERE2, GPT_OSS ->
          all.u32(key("attention.sliding_window"), config.integer("sliding_window").orElse(0));
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
      gptOss();
    }
    copy("clip_qkv", "attention.clamp_kqv");
    copy("attn_logit_softcapping", "attn_logit_softcapping");
    copy("final_logit_softcapping", "final_logit_softcapping");
    copy("rope_local_base_freq", "rope.freq_base_swa");
    copy("logit_scale", "logit_scale");
    copy("logits_scaling", "logit_scale");
    copy("embedding_multiplier", "embedding_scale");
    copy("residual_multiplier", "residual_scale");
    copy("attention_multiplier", "attention.scale");
  }

  /// Every other layer is windowed, and inputs of the experts are limited.
  private void gptOss() {
    config.requireNumber("swiglu_limit", 7);
    List<String> types = config.texts("layer_types");
    for (int i = 0; i < types.size(); i++) {
      String expected = i % 2 == 0 ? "sliding_attention" : "full_attention";
      if (!types.get(i).equals(expected)) {
        throw config.wrong(
            "layer_types",
            "says %s of layer %d, supported is %s".formatted(types.get(i), i, expected));
      }
    }
  }

  private void copy(String from, String ending) {
    config.number(from).ifPresent(value -> all.f32(key(ending), value.floatValue()));
  }
}
