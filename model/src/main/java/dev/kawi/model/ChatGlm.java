package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// ChatGLM 2 and 3, GLM-4-9B, CodeGeeX 2 and 4: fused projections, and a rope that rotates a part
/// of each head. Source: arXiv 2406.12793.
final class ChatGlm implements Architecture {
  @Override
  public String name() {
    return "chatglm";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint, Rope.Layout.NORMAL, contextLength, i -> Layers.fusedGatedMlp(checkpoint, i));
  }
}
