package dev.kawi.model.random;

/// GPT-2 and its successors, but for positions: layer norms and matrices with biases, no gate. As
/// it stands, that of CodeShell.
class GptLayout extends DecoderLayout {
  GptLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  Norms norms() {
    return Norms.LAYER_WITH_BIASES;
  }

  @Override
  void attention(String block) {
    fusedQkv(block, BIAS_DEVIATION);
    attentionOutput(block, BIAS_DEVIATION);
  }

  @Override
  void feedForward(String block, int layer) {
    mlp(block, BIAS_DEVIATION);
  }
}
