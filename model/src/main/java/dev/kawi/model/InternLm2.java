package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// InternLM 2. Source: arXiv 2403.17297.
final class InternLm2 implements Architecture {
  @Override
  public String name() {
    return "internlm2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint,
        Rope.Layout.NORMAL,
        contextLength,
        i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }
}
