package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// Granite: factors on embeddings, blocks, scores and logits, which are neither 1 nor those of a
/// released model.
class GraniteLayout extends DecoderLayout {
  GraniteLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.f32(key("embedding_scale"), 1.7f);
    all.f32(key("residual_scale"), 0.6f);
    all.f32(key("attention.scale"), 0.11f);
    all.f32(key("logit_scale"), 1.3f);
    super.keys(all);
  }
}
