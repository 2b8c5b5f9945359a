package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomTensor.Spread;

/// Qwen 2 with experts: a shared one has a gate of its own.
final class Qwen2MoeLayout extends Qwen2Layout {
  Qwen2MoeLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void expertKeys(Metadata.Builder all) {
    sharedExpertKeys(all);
  }

  @Override
  void feedForward(String block, int layer) {
    experts(block);
    Spread spread = new Spread.Plain(deviation(1.5f, shape.hiddenSize()));
    add(block + "ffn_gate_inp_shexp.weight", spread, shape.hiddenSize());
    sharedExpert(block);
  }
}
