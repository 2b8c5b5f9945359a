package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// MiniCPM 3: latent attention.
final class MiniCpm3Layout extends DecoderLayout {
  private final LatentAttentionLayout attention = new LatentAttentionLayout(this);

  MiniCpm3Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void headSizes(Metadata.Builder all) {
    attention.keys(all);
  }

  @Override
  void attention(String block) {
    attention.tensors(block, residualGain());
  }
}
