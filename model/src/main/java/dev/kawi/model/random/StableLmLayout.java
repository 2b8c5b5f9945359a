package dev.kawi.model.random;

import dev.kawi.model.random.RandomShape.Feature;

/// StableLM: layer norms; StableLM 2 12B has norms of the heads, and attention and feed-forward in
/// parallel.
final class StableLmLayout extends DecoderLayout {
  StableLmLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  Norms norms() {
    return Norms.LAYER_WITH_BIASES;
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    qkv(block, optionalBias());
    if (shape.has(Feature.HEAD_NORMS)) {
      normsOfEachHead(block);
    }
    attentionOutput(block, 0);
    if (!shape.has(Feature.PARALLEL)) {
      norm(block + "ffn_norm");
    }
    feedForward(block, layer);
  }
}
