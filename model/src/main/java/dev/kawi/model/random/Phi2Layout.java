package dev.kawi.model.random;

import dev.kawi.model.random.RandomTensor.Spread;

/// Phi 1.5 and 2: one norm for attention and feed-forward in parallel; the output has a bias.
final class Phi2Layout extends GptLayout {
  Phi2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void addTensors() {
    super.addTensors();
    add("output.bias", new Spread.Plain(BIAS_DEVIATION), shape.vocabSize());
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    qkv(block, BIAS_DEVIATION);
    attentionOutput(block, BIAS_DEVIATION);
    mlp(block, BIAS_DEVIATION);
  }
}
