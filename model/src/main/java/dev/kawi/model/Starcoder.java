package dev.kawi.model;

import dev.kawi.nn.Decoder;

/// StarCoder: GPT-2 whose heads share one key and one value. Source: arXiv 2305.06161.
final class Starcoder implements Architecture {
  @Override
  public String name() {
    return "starcoder";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Gpt2.decoder(checkpoint);
  }
}
