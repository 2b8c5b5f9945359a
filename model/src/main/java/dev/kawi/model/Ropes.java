package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.nn.Rope;
import dev.kawi.weights.HuggingFaceFolder;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Rotary frequencies as the metadata describe them: plain, linear ("position interpolation", arXiv
/// 2306.15595), YaRN (arXiv 2309.00071), Llama 3's factors and LongRoPE's long and short factors
/// (arXiv 2402.13753).
final class Ropes {
  private Ropes() {}

  /// The rope of an architecture.
  ///
  /// @param ofGguf which elements form pairs in GGUF files
  /// @param contextLength tokens that the model will be used with; LongRoPE has other factors for
  ///   long contexts
  static Rope of(Checkpoint checkpoint, Rope.Layout ofGguf, int contextLength) {
    ModelConfig config = checkpoint.config();
    Rope.Layout layout = layout(checkpoint, ofGguf);
    Optional<float[]> factors = factors(checkpoint, contextLength);
    float magnitude =
        checkpoint.metadata().number(checkpoint.key("rope.scaling.attn_factor")).orElse(1f);
    String type =
        checkpoint
            .metadata()
            .string(checkpoint.key("rope.scaling.type"))
            .orElse("linear")
            .toLowerCase(Locale.ROOT);
    double factor = scalingFactor(checkpoint);
    double[] plain = plain(config.ropeTheta(), config.ropeDims(), factors);
    return switch (type) {
      case "", "none" -> new Rope(layout, plain, magnitude);
      case "linear", "longrope" -> new Rope(layout, scaled(plain, 1 / factor), magnitude);
      case "yarn" -> yarn(checkpoint, layout, plain, factor, magnitude);
      default ->
          throw new ModelFormatException(
              "gguf: the rope scaling \"%s\" is not supported; linear, yarn, longrope and none are"
                  .formatted(type));
    };
  }

  /// The rope of latent attention, whose YaRN, where the file says how scores grow instead, leaves
  /// the magnitude of rotated elements as it is.
  static Rope latent(Checkpoint checkpoint, Rope.Layout ofGguf, int contextLength) {
    Rope rope = of(checkpoint, ofGguf, contextLength);
    return yarnLogMultiplier(checkpoint).isPresent() ? rope.withMagnitude(1) : rope;
  }

  /// What YaRN does to the scores of latent attention: mscale^2. Source: the `DeepseekV2Attention`
  /// of the publisher.
  static float yarnScoreFactor(Checkpoint checkpoint) {
    double factor = scalingFactor(checkpoint);
    boolean yarn =
        checkpoint
            .metadata()
            .string(checkpoint.key("rope.scaling.type"))
            .orElse("")
            .equalsIgnoreCase("yarn");
    if (!yarn || factor <= 1) {
      return 1;
    }
    double growth = 0.1 * StrictMath.log(factor);
    double scale = yarnLogMultiplier(checkpoint).map(m -> 1 + growth * m / 0.1).orElse(1 + growth);
    return (float) (scale * scale);
  }

  private static Optional<Float> yarnLogMultiplier(Checkpoint checkpoint) {
    return checkpoint.metadata().number(checkpoint.key("rope.scaling.yarn_log_multiplier"));
  }

  /// The pairs of a head: as GGUF files of the architecture have them, or as the source of the
  /// weights says.
  private static Rope.Layout layout(Checkpoint checkpoint, Rope.Layout ofGguf) {
    return checkpoint
        .metadata()
        .string(HuggingFaceFolder.ROPE_LAYOUT)
        .map(Rope.Layout::valueOf)
        .orElse(ofGguf);
  }

  /// A rope of these frequencies without any scaling.
  static Rope plain(Rope.Layout layout, float theta, int dims) {
    return new Rope(layout, plain(theta, dims, Optional.empty()), 1f);
  }

  /// A rope that rotates the first half of each head by the place in the context and the second
  /// half by the place in what is written. Its frequencies are rounded to half precision, in which
  /// the publisher of the only models that have it computes them.
  static Rope ofContextAndSpan(ModelConfig config) {
    int headDim = config.heads().headDim();
    if (headDim % 4 != 0) {
      throw new ModelFormatException(
          "gguf: %s has heads of %d elements, expected a multiple of 4; is the file damaged?"
              .formatted(config.architecture(), headDim));
    }
    double[] frequencies = plain(config.ropeTheta(), headDim / 2, Optional.empty());
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Float.float16ToFloat(Float.floatToFloat16((float) frequencies[i]));
    }
    List<Rope.Axis> axes = List.of(Rope.Axis.CONTEXT, Rope.Axis.SPAN);
    return new Rope(Rope.Layout.NEOX, frequencies, 1, axes);
  }

  private static double[] plain(double theta, int dims, Optional<float[]> factors) {
    double[] frequencies = new double[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = StrictMath.pow(theta, -2.0 * i / dims);
      if (factors.isPresent()) {
        frequencies[i] /= factors.get()[i];
      }
    }
    return frequencies;
  }

  private static double[] scaled(double[] frequencies, double by) {
    double[] scaled = frequencies.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= by;
    }
    return scaled;
  }

  private static double scalingFactor(Checkpoint checkpoint) {
    float factor =
        checkpoint
            .metadata()
            .number(checkpoint.key("rope.scaling.factor"))
            .or(() -> checkpoint.metadata().number(checkpoint.key("rope.scale_linear")))
            .orElse(0f);
    return factor == 0 ? 1 : factor;
  }

  private static Optional<float[]> factors(Checkpoint checkpoint, int contextLength) {
    String which =
        contextLength > originalContext(checkpoint)
            ? "rope_factors_long.weight"
            : "rope_factors_short.weight";
    return checkpoint
        .frequencyFactors("rope_freqs.weight")
        .or(() -> checkpoint.frequencyFactors(which));
  }

  private static int originalContext(Checkpoint checkpoint) {
    return checkpoint
        .metadata()
        .integer(checkpoint.key("rope.scaling.original_context_length"))
        .orElse(checkpoint.config().contextLength());
  }

  /// Low frequencies are interpolated, high ones kept, those between mixed; the attention factor
  /// 0.1 ln(factor) + 1 is on the rotated elements.
  private static Rope yarn(
      Checkpoint checkpoint, Rope.Layout layout, double[] plain, double factor, float magnitude) {
    ModelConfig config = checkpoint.config();
    double fast =
        checkpoint.metadata().number(checkpoint.key("rope.scaling.yarn_beta_fast")).orElse(32f);
    double slow =
        checkpoint.metadata().number(checkpoint.key("rope.scaling.yarn_beta_slow")).orElse(1f);
    int dims = config.ropeDims();
    int context = originalContext(checkpoint);
    double from = correction(dims, context, fast, config.ropeTheta());
    double to = correction(dims, context, slow, config.ropeTheta());
    boolean exact = checkpoint.metadata().has(HuggingFaceFolder.YARN_BOUNDS);
    double low = Math.max(0, exact ? from : Math.floor(from));
    double high = Math.min(dims - 1.0, exact ? to : Math.ceil(to));
    double[] mixed = new double[plain.length];
    for (int i = 0; i < mixed.length; i++) {
      double ramp = 1 - Math.clamp((i - low) / Math.max(0.001, high - low), 0, 1);
      mixed[i] = plain[i] / factor * (1 - ramp) + plain[i] * ramp;
    }
    double attention = factor <= 1 ? 1 : 0.1 * StrictMath.log(factor) + 1;
    return new Rope(layout, mixed, (float) (magnitude * attention));
  }

  private static double correction(int dims, int context, double rotations, double theta) {
    return dims * StrictMath.log(context / (rotations * 2 * Math.PI)) / (2 * StrictMath.log(theta));
  }
}
