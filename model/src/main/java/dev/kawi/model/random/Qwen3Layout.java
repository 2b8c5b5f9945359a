package dev.kawi.model.random;

/// Qwen 3, dense or with experts: norms of the heads.
final class Qwen3Layout extends DecoderLayout {
  Qwen3Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void attention(String block) {
    qkv(block, 0);
    headNorms(block);
    attentionOutput(block, 0);
  }
}
