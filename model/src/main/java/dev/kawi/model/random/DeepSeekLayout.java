package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.model.random.RandomTensor.Spread;

/// DeepSeek 1: experts and shared ones, which the first layer does not have.
class DeepSeekLayout extends DecoderLayout {
  DeepSeekLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void expertKeys(Metadata.Builder all) {
    super.expertKeys(all);
    all.u32(key("expert_shared_count"), 2);
    all.f32(key("expert_weights_scale"), 1.6f);
    all.u32(key("leading_dense_block_count"), 1);
  }

  @Override
  final void feedForward(String block, int layer) {
    if (layer == 0) {
      gatedMlp(block, 0);
      return;
    }
    router(block);
    if (shape.has(Feature.SIGMOID_EXPERTS)) {
      add(block + "exp_probs_b.bias", new Spread.Plain(0.2f), NUM_EXPERTS);
    }
    expertMatrices(block);
    sharedExpert(block);
  }
}
