package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.GatedDeltaNet.Heads.Order;

/// Qwen 3.5: gated delta nets between layers of gated attention. The axes of its rope for images
/// are equal for text, so that it is a plain one. Source: the Qwen3.5 model of Hugging Face
/// transformers.
final class Qwen35 implements Architecture {
  @Override
  public String name() {
    return "qwen35";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return DeltaNet.decoder(
        checkpoint,
        contextLength,
        Order.BY_TURNS,
        i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }
}
