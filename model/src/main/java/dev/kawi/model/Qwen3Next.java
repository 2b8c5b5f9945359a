package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.GatedDeltaNet.Heads.Order;

/// Qwen3-Next: gated delta nets between layers of gated attention, experts and a gated shared one.
/// Source: the Qwen3-Next model of Hugging Face transformers.
final class Qwen3Next implements Architecture {
  @Override
  public String name() {
    return "qwen3next";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return DeltaNet.decoder(
        checkpoint,
        contextLength,
        Order.GROUPED,
        i -> Experts.moe(checkpoint, i, Moe.Weights.SOFTMAX_OF_CHOSEN));
  }
}
