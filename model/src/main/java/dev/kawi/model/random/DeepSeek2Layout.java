package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;

/// DeepSeek 2 and 3: latent attention; experts chosen by sigmoid, in groups, in DeepSeek 3.
final class DeepSeek2Layout extends DeepSeekLayout {
  private final LatentAttentionLayout attention = new LatentAttentionLayout(this);

  DeepSeek2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void headSizes(Metadata.Builder all) {
    attention.keys(all);
    if (shape.has(Feature.YARN_ROPE)) {
      all.f32(key("rope.scaling.yarn_log_multiplier"), 0.0707f);
    }
  }

  @Override
  void expertKeys(Metadata.Builder all) {
    super.expertKeys(all);
    if (shape.has(Feature.SIGMOID_EXPERTS)) {
      all.u32(key("expert_gating_func"), 2);
      all.bool(key("expert_weights_norm"), true);
      all.u32(key("expert_group_count"), 2);
      all.u32(key("expert_group_used_count"), 1);
    }
  }

  @Override
  void attention(String block) {
    attention.tensors(block, residualGain());
  }
}
