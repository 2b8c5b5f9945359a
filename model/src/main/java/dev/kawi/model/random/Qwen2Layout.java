package dev.kawi.model.random;

/// Qwen 2 and 2.5: biases of queries, keys and values.
class Qwen2Layout extends DecoderLayout {
  Qwen2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void attention(String block) {
    qkv(block, optionalBias());
    attentionOutput(block, 0);
  }
}
