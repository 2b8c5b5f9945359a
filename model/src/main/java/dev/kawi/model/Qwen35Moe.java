package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.GatedDeltaNet.Heads.Order;

/// Qwen 3.5 with experts and a gated shared one. Source: the Qwen3.5-MoE model of Hugging Face
/// transformers.
final class Qwen35Moe implements Architecture {
  @Override
  public String name() {
    return "qwen35moe";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return DeltaNet.decoder(
        checkpoint,
        contextLength,
        Order.BY_TURNS,
        i -> Experts.moe(checkpoint, i, Moe.Weights.SOFTMAX_OF_CHOSEN));
  }
}
