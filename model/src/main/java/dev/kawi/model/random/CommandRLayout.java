package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;

/// Command R: one norm for attention and feed-forward in parallel; Command R+ has norms of the
/// heads.
class CommandRLayout extends DecoderLayout {
  CommandRLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.f32(key("logit_scale"), 0.9f);
  }

  @Override
  Norms norms() {
    return Norms.LAYER;
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    qkv(block, 0);
    if (shape.has(Feature.HEAD_NORMS)) {
      normsOfEachHead(block);
    }
    attentionOutput(block, 0);
    feedForward(block, layer);
  }
}
