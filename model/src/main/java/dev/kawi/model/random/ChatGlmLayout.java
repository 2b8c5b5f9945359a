package dev.kawi.model.random;

/// ChatGLM 2 and 3: fused matrices, biases of queries, keys and values.
final class ChatGlmLayout extends DecoderLayout {
  ChatGlmLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void attention(String block) {
    fusedQkv(block, optionalBias());
    attentionOutput(block, 0);
  }

  @Override
  void feedForward(String block, int layer) {
    fusedMlp(block);
  }
}
