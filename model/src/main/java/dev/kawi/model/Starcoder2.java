package dev.kawi.model;

import dev.kawi.nn.Decoder;

/// StarCoder 2: layer norms and biases as in GPT-2, rotary positions. Source: arXiv 2402.19173.
final class Starcoder2 implements Architecture {
  @Override
  public String name() {
    return "starcoder2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.layerNormDecoder(checkpoint, contextLength);
  }
}
