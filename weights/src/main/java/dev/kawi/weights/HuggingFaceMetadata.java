package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
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
    metadata.rope();
    new HuggingFaceExperts(config, family, metadata.all).write();
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
        .filter(method -> family != HuggingFaceFamily.GPT_OSS || !method.equals("mxfp4"))
        .ifPresent(method -> {
          throw config.wrong(
              "quantization_config.quant_method",
              "is \"%s\"; supported are weights in F32, F16 and BF16".formatted(method));
        });
    config.requireOneOf("hidden_act", family.activations());
    config.requireOneOf("hidden_activation", family.activations());
    config.requireOneOf("activation_function", family.activations());
    if (family == HuggingFaceFamily.FALCON || family == HuggingFaceFamily.DISTILBERT) {
      config.requireOneOf("activation", family.activations());
    }
    config.requireOff(
        "use_sliding_window",
        "position_encoding_2d",
        "alibi",
        "use_cla",
        "scale_attn_by_inverse_layer_idx");
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
      default -> List.of("absolute");
    };
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
            .or(() -> config.number("layernorm_epsilon"))
            .or(() -> config.number("norm_eps"));
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
    // Cohere writes what it was trained with as model_max_length
    Optional<Integer> longer =
        config.integer("model_max_length").filter(n -> family == HuggingFaceFamily.COHERE);
    return longer
        .or(() ->
            config.integer(
                "max_position_embeddings",
                "model_max_length",
                "seq_length",
                "n_positions",
                "n_ctx"))
        .orElse(2048);
  }

  private int intermediate() {
    boolean fourfold = family == HuggingFaceFamily.FALCON || family == HuggingFaceFamily.GPT2;
    String[] keys = {"intermediate_size", "ffn_hidden_size", "n_inner", "hidden_dim"};
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
    return config
        .integer("num_key_value_heads", "multi_query_group_num", "num_query_groups")
        .orElse(heads());
  }

  private HuggingFaceLatent latent() {
    return new HuggingFaceLatent(config, all, family.architecture());
  }

  private int heads() {
    return config.needed("num_attention_heads", "n_head", "n_heads");
  }

  private int hidden() {
    return config.width("hidden_size", "n_embd", "dim");
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
    double usual = family == HuggingFaceFamily.CHATGLM ? 0.5 : 1;
    double part = config.number("partial_rotary_factor").orElse(usual);
    return (int) (size * part);
  }

  private void rope() {
    Optional<HuggingFaceConfig> parameters = ropeParameters();
    config
        .object("rope_parameters")
        .flatMap(p -> p.object("sliding_attention"))
        .flatMap(p -> p.number("rope_theta"))
        .or(() -> config.number("local_rope_theta"))
        .or(() -> config.number("rope_local_base_freq"))
        .ifPresent(theta -> all.f32(key("rope.freq_base_swa"), theta.floatValue()));
    all.f32(key("rope.freq_base"), (float) ropeTheta());
    all.u32(key("rope.dimension_count"), ropeDims());
    if (family.hasHalves()) {
      all.string(HuggingFaceFolder.ROPE_LAYOUT, "NEOX");
    }
    config.object("rope_scaling").or(() -> parameters).ifPresent(this::scaling);
  }

  /// The parameters of layers that see everything, or of all.
  private Optional<HuggingFaceConfig> ropeParameters() {
    Optional<HuggingFaceConfig> all = config.object("rope_parameters");
    return all.flatMap(p -> p.object("full_attention")).or(() -> all);
  }

  private double ropeTheta() {
    return config
        .number("rope_theta")
        .or(() -> config.number("global_rope_theta"))
        .or(() -> ropeParameters().flatMap(p -> p.number("rope_theta")))
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
      case GEMMA_EMBEDDING, MODERN_BERT -> windows();
      case MINICPM -> {
        all.f32(key("embedding_scale"), config.number("scale_emb").orElse(1.0).floatValue());
        double depth = config.number("scale_depth").orElse(1.0);
        all.f32(key("residual_scale"), (float) (depth / Math.sqrt(layers())));
        int base = config.integer("dim_model_base").filter(b -> b > 0).orElse(hidden());
        all.f32(key("logit_scale"), (float) hidden() / base);
      }
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
    copy("attn_logit_softcapping", "attn_logit_softcapping");
    copy("final_logit_softcapping", "final_logit_softcapping");
    copy("logit_scale", "logit_scale");
    copy("logits_scaling", "logit_scale");
    copy("embedding_multiplier", "embedding_scale");
    copy("residual_multiplier", "residual_scale");
    copy("attention_multiplier", "attention.scale");
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
