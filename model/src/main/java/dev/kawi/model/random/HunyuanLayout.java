package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;

/// Hunyuan, dense or with experts: norms of the heads, and a shared expert.
final class HunyuanLayout extends DecoderLayout {
  HunyuanLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void expertKeys(Metadata.Builder all) {
    sharedExpertKeys(all);
  }

  @Override
  void attention(String block) {
    qkv(block, 0);
    headNorms(block);
    attentionOutput(block, 0);
  }

  @Override
  void feedForward(String block, int layer) {
    super.feedForward(block, layer);
    if (shape.has(Feature.EXPERTS)) {
      sharedExpert(block);
    }
  }
}
