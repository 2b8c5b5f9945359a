package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Rope;

/// Qwen 1.5 and 2 with experts: their weights are not scaled to sum to 1, and there is a shared
/// expert. Source: arXiv 2407.10671.
final class Qwen2Moe implements Architecture {
  @Override
  public String name() {
    return "qwen2moe";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint,
        Rope.Layout.NEOX,
        contextLength,
        i -> Experts.moe(checkpoint, i, Moe.Weights.SOFTMAX));
  }
}
