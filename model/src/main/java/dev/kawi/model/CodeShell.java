package dev.kawi.model;

import dev.kawi.nn.Decoder;

/// CodeShell: StarCoder 2 with one fused projection for query, key and value. Source: arXiv
/// 2403.15747.
final class CodeShell implements Architecture {
  @Override
  public String name() {
    return "codeshell";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.layerNormDecoder(checkpoint, contextLength);
  }
}
