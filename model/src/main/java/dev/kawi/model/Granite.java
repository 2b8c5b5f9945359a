package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;

/// Granite 3: Llama with factors on embeddings, scores, what blocks add, and logits. Source: the
/// Granite model of Hugging Face transformers.
final class Granite implements Architecture {
  @Override
  public String name() {
    return "granite";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return scales(checkpoint)
        .decoder(checkpoint, contextLength, i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }

  /// The factors, which models with experts have, too.
  static ScaledLlama scales(Checkpoint checkpoint) {
    float logits =
        checkpoint
            .metadata()
            .number(checkpoint.key("logit_scale"))
            .filter(scale -> scale != 0)
            .orElseThrow(() ->
                new ModelFormatException(
                    "gguf: %s is missing or 0".formatted(checkpoint.key("logit_scale"))));
    return new ScaledLlama(
        checkpoint.factor("embedding_scale", 1),
        checkpoint.factor("residual_scale", 1),
        checkpoint.factor("attention.scale", Layers.usualScale(checkpoint.config().heads())),
        1 / logits);
  }
}
