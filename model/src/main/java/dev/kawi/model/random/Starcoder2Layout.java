package dev.kawi.model.random;

/// StarCoder 2: queries, keys and values in a matrix each.
final class Starcoder2Layout extends GptLayout {
  Starcoder2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void attention(String block) {
    qkv(block, BIAS_DEVIATION);
    attentionOutput(block, BIAS_DEVIATION);
  }
}
