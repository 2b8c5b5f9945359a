package dev.kawi.model.random;

import dev.kawi.model.random.RandomShape.Feature;

/// Falcon: attention and feed-forward in parallel, of one norm (7B) or of one each (40B).
final class FalconLayout extends DecoderLayout {
  FalconLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  Norms norms() {
    return Norms.LAYER_WITH_BIASES;
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    if (shape.has(Feature.TWO_NORMS)) {
      norm(block + "attn_norm_2");
    }
    fusedQkv(block, 0);
    attentionOutput(block, 0);
    mlp(block, 0);
  }
}
