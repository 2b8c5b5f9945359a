package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// MiniCPM: factors on embeddings, blocks and logits.
final class MiniCpmLayout extends DecoderLayout {
  MiniCpmLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.f32(key("embedding_scale"), 1.7f);
    all.f32(key("residual_scale"), 0.6f);
    all.f32(key("logit_scale"), 0.8f);
  }
}
