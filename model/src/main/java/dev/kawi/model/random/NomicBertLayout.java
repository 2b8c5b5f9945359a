package dev.kawi.model.random;

/// Nomic Embed: a gate, and no biases.
final class NomicBertLayout extends RopeBertLayout {
  NomicBertLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void attention(String block) {
    fusedQkv(block, 0);
    attentionOutput(block, 0);
  }

  @Override
  void feedForward(String block, int layer) {
    linear(block + "ffn_gate", shape.intermediateSize(), shape.hiddenSize(), 1, 0);
    mlp(block, 0);
  }
}
