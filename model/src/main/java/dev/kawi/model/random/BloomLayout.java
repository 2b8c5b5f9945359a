package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// BLOOM: slopes instead of a rope, and a norm of the embeddings.
final class BloomLayout extends GptLayout {
  BloomLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void rope(Metadata.Builder all) {}

  @Override
  void afterEmbedding() {
    norm("token_embd_norm");
  }
}
