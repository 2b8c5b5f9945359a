package dev.kawi.model;

import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Phi 3 and 3.5: one fused projection for query, key and value, one for gate and up, and LongRoPE.
/// The sliding window that some files name is not applied, as in llama.cpp. Source: arXiv
/// 2404.14219.
final class Phi3 implements Architecture {
  @Override
  public String name() {
    return "phi3";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint, Rope.Layout.NEOX, contextLength, i -> Layers.fusedGatedMlp(checkpoint, i));
  }
}
