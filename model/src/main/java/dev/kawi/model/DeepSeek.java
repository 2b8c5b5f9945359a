package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// DeepSeekMoE: Llama whose first layers are dense and whose others have many small experts and
/// shared ones. Source: arXiv 2401.06066.
final class DeepSeek implements Architecture {
  @Override
  public String name() {
    return "deepseek";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint, Rope.Layout.NORMAL, contextLength, i -> Experts.afterDense(checkpoint, i));
  }
}
