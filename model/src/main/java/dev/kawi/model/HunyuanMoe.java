package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;

/// Hunyuan A13B: Hunyuan with experts, and a shared expert. Source: the HunYuanMoEV1 model of
/// Hugging Face transformers.
final class HunyuanMoe implements Architecture {
  @Override
  public String name() {
    return "hunyuan-moe";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return HunyuanDense.decoder(
        checkpoint, contextLength, i -> Experts.moe(checkpoint, i, Moe.Weights.SOFTMAX_OF_CHOSEN));
  }
}
