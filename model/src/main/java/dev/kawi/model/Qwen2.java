package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Qwen 1.5, 2 and 2.5: Llama with biases on query, key and value. Source: arXiv 2407.10671.
final class Qwen2 implements Architecture {
  @Override
  public String name() {
    return "qwen2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint,
        Rope.Layout.NEOX,
        contextLength,
        i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }
}
