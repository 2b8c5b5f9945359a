package dev.kawi.model.random;

/// Qwen 1: queries, keys and values in one matrix; the width of the feed-forward layer is written
/// twice as large as it is.
final class QwenLayout extends DecoderLayout {
  QwenLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  int feedForwardLength() {
    return 2 * shape.intermediateSize();
  }

  @Override
  void attention(String block) {
    fusedQkv(block, optionalBias());
    attentionOutput(block, 0);
  }
}
