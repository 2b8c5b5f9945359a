package dev.kawi.model.random;

/// Phi 3: fused matrices.
final class Phi3Layout extends DecoderLayout {
  Phi3Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void attention(String block) {
    fusedQkv(block, 0);
    attentionOutput(block, 0);
  }

  @Override
  void feedForward(String block, int layer) {
    fusedMlp(block);
  }
}
