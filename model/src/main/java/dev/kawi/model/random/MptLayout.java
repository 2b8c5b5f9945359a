package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// MPT: slopes instead of a rope; clamped queries, keys and values.
final class MptLayout extends DecoderLayout {
  MptLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void rope(Metadata.Builder all) {}

  @Override
  void keys(Metadata.Builder all) {
    all.f32(key("attention.clamp_kqv"), 1.2f);
    all.f32(key("attention.max_alibi_bias"), 6);
  }

  @Override
  Norms norms() {
    return Norms.LAYER;
  }

  @Override
  void attention(String block) {
    fusedQkv(block, 0);
    attentionOutput(block, 0);
  }

  @Override
  void feedForward(String block, int layer) {
    mlp(block, 0);
  }
}
