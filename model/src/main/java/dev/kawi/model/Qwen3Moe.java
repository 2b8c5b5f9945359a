package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Rope;

/// Qwen 3 with experts: weights scaled to sum to 1, no shared expert. Source: arXiv 2505.09388.
final class Qwen3Moe implements Architecture {
  @Override
  public String name() {
    return "qwen3moe";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint,
        Rope.Layout.NEOX,
        contextLength,
        i -> Experts.moe(checkpoint, i, Moe.Weights.SOFTMAX_OF_CHOSEN));
  }
}
