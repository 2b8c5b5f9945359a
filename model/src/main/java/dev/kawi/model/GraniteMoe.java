package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;

/// Granite 3 with experts, and a shared one where the file has it. Source: the GraniteMoe and
/// GraniteMoeShared models of Hugging Face transformers.
final class GraniteMoe implements Architecture {
  @Override
  public String name() {
    return "granitemoe";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Granite.scales(checkpoint)
        .decoder(
            checkpoint,
            contextLength,
            i -> Experts.moe(checkpoint, i, Moe.Weights.SOFTMAX_OF_CHOSEN));
  }
}
