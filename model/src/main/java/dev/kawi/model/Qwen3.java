package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Qwen 3: no biases, norms on the heads of query and key. Source: arXiv 2505.09388.
final class Qwen3 implements Architecture {
  @Override
  public String name() {
    return "qwen3";
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
