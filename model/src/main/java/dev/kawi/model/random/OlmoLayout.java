package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// OLMo 1: norms without weights, clamped queries, keys and values.
final class OlmoLayout extends DecoderLayout {
  OlmoLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.f32(key("attention.clamp_kqv"), 1.1f);
  }

  @Override
  Norms norms() {
    return Norms.LAYER;
  }

  @Override
  void outputNorm() {}

  @Override
  void layer(String block, int layer) {
    attention(block);
    feedForward(block, layer);
  }
}
