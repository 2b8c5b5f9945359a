package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.weights.HuggingFaceFamily.Trait;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

// How it works. Until version 4 of Hugging Face transformers a configuration has `rope_theta`,
// `partial_rotary_factor` and, where frequencies are scaled, `rope_scaling`. Version 5 writes all
// of them into `rope_parameters`, of which Gemma 3 has one for each kind of layer.

/// The rotary positions of a `config.json` under the keys that GGUF has for them. Source:
/// `modeling_rope_utils` of Hugging Face transformers.
record HuggingFaceRope(HuggingFaceConfig config, HuggingFaceFamily family, Metadata.Builder all) {
  /// All keys.
  ///
  /// @param headDim elements of a head
  void write(int headDim) {
    int dims = dims(headDim);
    all.f32(key("rope.freq_base"), (float) theta());
    all.u32(key("rope.dimension_count"), dims);
    if (family.has(Trait.ROPE_OF_HALVES)) {
      all.string(HuggingFaceFolder.ROPE_LAYOUT, "NEOX");
    }
    windowedTheta().ifPresent(theta -> all.f32(key("rope.freq_base_swa"), theta.floatValue()));
    scaling(config).ifPresent(scaling -> scaled(scaling, dims));
  }

  private String key(String ending) {
    return family.architecture() + "." + ending;
  }

  /// What says how frequencies are scaled: an object of its own, or that of all parameters.
  static Optional<HuggingFaceConfig> scaling(HuggingFaceConfig config) {
    return config.object("rope_scaling").or(() -> parameters(config));
  }

  /// All parameters; where kinds of layers have their own, those of layers with full attention.
  private static Optional<HuggingFaceConfig> parameters(HuggingFaceConfig config) {
    Optional<HuggingFaceConfig> all = config.object("rope_parameters");
    return all.flatMap(p -> p.object("full_attention")).or(() -> all);
  }

  private Optional<Double> number(String key) {
    return config.number(key).or(() -> parameters(config).flatMap(p -> p.number(key)));
  }

  private int dims(int headDim) {
    if (family.hasLatentAttention()) {
      return config.needed("qk_rope_head_dim");
    }
    double part =
        number("partial_rotary_factor")
            .or(() -> config.number("rotary_pct"))
            .or(() -> config.number("rope_pct"))
            .orElse(family.defaults().rotaryPart());
    return (int) (headDim * part);
  }

  private double theta() {
    return number("rope_theta")
        .or(() -> config.number("global_rope_theta"))
        .or(() -> config.number("rotary_emb_base"))
        .or(() -> config.object("rotary").flatMap(r -> r.number("base")))
        .orElse(10000.0 * config.number("rope_ratio").orElse(1.0));
  }

  /// The base in windowed layers, where they have their own.
  private Optional<Double> windowedTheta() {
    return config
        .number("rope_local_base_freq")
        .or(() -> config.number("local_rope_theta"))
        .or(() ->
            config
                .object("rope_parameters")
                .flatMap(p -> p.object("sliding_attention"))
                .flatMap(p -> p.number("rope_theta")));
  }

  private void scaled(HuggingFaceConfig scaling, int dims) {
    String type = scaling.text("rope_type").or(() -> scaling.text("type")).orElse("default");
    switch (type) {
      case "", "default", "llama3" -> {} // llama3: factors, made by HuggingFaceFolder
      case "dynamic" -> dynamic(scaling, dims);
      case "linear" -> {
        all.string(key("rope.scaling.type"), "linear");
        all.f32(key("rope.scaling.factor"), factor(scaling));
      }
      case "yarn" -> yarn(scaling);
      case "longrope", "su" -> longRope(scaling);
      default -> throw unsupported(type);
    }
  }

  private void yarn(HuggingFaceConfig scaling) {
    float factor = factor(scaling);
    all.string(key("rope.scaling.type"), "yarn");
    all.f32(key("rope.scaling.factor"), factor);
    all.u32(
        key("rope.scaling.original_context_length"),
        scaling
            .integer("original_max_position_embeddings")
            .orElseGet(() -> config.needed("max_position_embeddings")));
    for (String beta : List.of("beta_fast", "beta_slow")) {
      scaling
          .number(beta)
          .ifPresent(b -> all.f32(key("rope.scaling.yarn_" + beta), b.floatValue()));
    }
    if (!scaling.isOn("truncate", true)) {
      all.string(HuggingFaceFolder.YARN_BOUNDS, "EXACT");
    }
    if (family.hasLatentAttention()) {
      new HuggingFaceLatent(config, all, family.architecture()).yarn(scaling);
    } else {
      magnitude(scaling, factor);
    }
  }

  /// The factor on the rotated elements, which is 0.1 ln(factor) + 1 unless the configuration has
  /// another; what it is of that is what GGUF holds.
  private void magnitude(HuggingFaceConfig scaling, float factor) {
    double usual = grown(factor, 1);
    Optional<Double> scores = scaling.number("mscale_all_dim").filter(m -> m != 0);
    Optional<Double> found =
        scaling
            .number("attention_factor")
            .or(() ->
                scaling
                    .number("mscale")
                    .filter(m -> m != 0 && scores.isPresent())
                    .map(m -> grown(factor, m) / grown(factor, scores.orElseThrow())));
    found.ifPresent(
        magnitude -> all.f32(key("rope.scaling.attn_factor"), (float) (magnitude / usual)));
  }

  private static double grown(double factor, double by) {
    return factor <= 1 ? 1 : 0.1 * by * StrictMath.log(factor) + 1;
  }

  /// Hunyuan's base is another one at any length; InternLM's changes only beyond the context length
  /// of the configuration.
  private void dynamic(HuggingFaceConfig scaling, int dims) {
    if (family.has(Trait.DYNAMIC_ROPE_OF_ALPHA)) {
      double alpha =
          scaling
              .number("alpha")
              .orElseThrow(() -> config.wrong("rope_scaling.alpha", "is missing"));
      double theta = theta() * StrictMath.pow(alpha, (double) dims / Math.max(1, dims - 2));
      all.f32(key("rope.freq_base"), (float) theta);
    } else if (!family.has(Trait.DYNAMIC_ROPE_BEYOND_CONTEXT)) {
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

  /// Source: arXiv 2402.13753; the factor on the rotated elements is that of the Phi-3 model,
  /// unless the configuration has another.
  private void longRope(HuggingFaceConfig scaling) {
    int longest = config.needed("max_position_embeddings");
    int original =
        Stream.of(config, scaling)
            .flatMap(c -> c.integer("original_max_position_embeddings").stream())
            .findFirst()
            .orElse(longest);
    double scale = (double) longest / Math.max(1, original);
    double usual = scale <= 1 ? 1 : Math.sqrt(1 + StrictMath.log(scale) / StrictMath.log(original));
    all.u32(key("rope.scaling.original_context_length"), original);
    all.f32(
        key("rope.scaling.attn_factor"),
        scaling.number("attention_factor").orElse(usual).floatValue());
  }
}
