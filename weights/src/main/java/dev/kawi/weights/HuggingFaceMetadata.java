package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.weights.HuggingFaceFamily.Layout;
import dev.kawi.weights.HuggingFaceFamily.Trait;
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
    config.requireOneOf(family.activation().key(), family.activation().values());
    config.requireOff("use_sliding_window", "alibi", "use_cla", "scale_attn_by_inverse_layer_idx");
    if (family.has(Trait.POSITIONS_OF_TWO_AXES)) {
      config.requireOn("position_encoding_2d");
    } else {
      config.requireOff("position_encoding_2d");
    }
    config.requireOn("parallel_attn", "scale_attn_weights");
    config.requireOneOf("position_embedding_type", List.of(family.positionKind()));
    family.check().accept(config);
  }

  private void checkQuantization(HuggingFaceConfig quantization) {
    String method = quantization.text("quant_method").orElse("not said");
    boolean mxfp4 = family.layout() == Layout.GPT_OSS && method.equals("mxfp4");
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
    int heads = numHeads(config);
    int hidden = hiddenSize(config);
    all.string("general.architecture", family.architecture());
    all.string("general.type", "model");
    all.u32(key("block_count"), numLayers(config));
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
    Optional<Double> rms =
        family.has(Trait.RMS_EPSILON_AS_OF_LAYER_NORM) ? layer : config.number("rms_norm_eps");
    rms.ifPresent(eps -> all.f32(key("attention.layer_norm_rms_epsilon"), eps.floatValue()));
    if (rms.isEmpty()) {
      all.f32(
          key("attention.layer_norm_epsilon"),
          layer.orElse(family.defaults().layerNormEpsilon()).floatValue());
    }
  }

  private int contextLength() {
    int claimed =
        config
            .integer(family.contextKeys().toArray(String[]::new))
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
    return family.contextLength().of(config, claimed);
  }

  private int intermediate() {
    String[] keys = {
      "intermediate_size", "inner_hidden_size", "ffn_hidden_size", "n_inner", "hidden_dim"
    };
    return family.has(Trait.FOURFOLD_FEED_FORWARD)
        ? config
            .integer(keys)
            .orElseGet(() -> config.integer("expansion_ratio").orElse(4) * hiddenSize(config))
        : config
            .integer(keys)
            .or(() -> config.integer("moe_intermediate_size")) // where no layer is dense
            .orElseGet(() -> config.needed(keys));
  }

  private int kvHeads() {
    if (family.hasLatentAttention()) {
      return numHeads(config);
    }
    return family
        .kvHeads()
        .map(read -> read.applyAsInt(config))
        .orElseGet(() ->
            config
                .integer("num_key_value_heads", "multi_query_group_num", "num_query_groups")
                .orElse(numHeads(config)));
  }

  private HuggingFaceLatent latent() {
    return new HuggingFaceLatent(config, all, family.architecture());
  }

  /// Query heads.
  static int numHeads(HuggingFaceConfig config) {
    return config.needed("num_attention_heads", "n_head", "n_heads");
  }

  /// The width of the residual stream.
  static int hiddenSize(HuggingFaceConfig config) {
    return config.width("hidden_size", "n_embd", "n_embed", "d_model", "dim");
  }

  /// Layers.
  static int numLayers(HuggingFaceConfig config) {
    return config.needed("num_hidden_layers", "num_layers", "n_layer", "n_layers");
  }

  private Optional<Integer> headDim() {
    return config
        .integer("head_dim", "kv_channels", "attention_head_dim")
        .or(family.defaults()::headDim);
  }

  private int usedHeadDim() {
    return headDim().orElseGet(() -> hiddenSize(config) / Math.max(1, numHeads(config)));
  }

  private void particulars() {
    family.keys().write(config, all);
    copy("clip_qkv", "attention.clamp_kqv");
    kindsOfLayers();
    window();
    activation();
    copy("attn_logit_softcapping", "attn_logit_softcapping");
    copy("final_logit_softcapping", "final_logit_softcapping");
    config
        .number("logit_scale")
        .or(family.defaults()::logitScale)
        .ifPresent(scale -> all.f32(key("logit_scale"), scale.floatValue()));
    copy("logits_scaling", "logit_scale");
    copy("embedding_multiplier", "embedding_scale");
    copy("residual_multiplier", "residual_scale");
    copy("attention_multiplier", "attention.scale");
    config
        .number("query_pre_attn_scalar")
        .ifPresent(size -> all.f32(key("attention.scale"), (float) (1 / Math.sqrt(size))));
  }

  /// Layers with a window are where Kawi has them.
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
  }

  /// A window that all layers have.
  private void window() {
    if (family.has(Trait.WINDOW_IN_ALL_LAYERS)) {
      config
          .integer("sliding_window")
          .filter(size -> size > 0 && size < contextLength())
          .ifPresent(size -> all.u32(HuggingFaceFolder.SLIDING_WINDOW, size));
    }
  }

  /// GELU in its exact form, where the configuration means it.
  private void activation() {
    if (config
        .text(family.activation().key())
        .or(family.activation()::otherwise)
        .equals(Optional.of("gelu"))) {
      all.string(HuggingFaceFolder.GELU, "EXACT");
    }
  }

  private void copy(String from, String ending) {
    config.number(from).ifPresent(value -> all.f32(key(ending), value.floatValue()));
  }
}
