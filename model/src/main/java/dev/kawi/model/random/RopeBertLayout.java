package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// BERT with a rope, and queries, keys and values in one matrix. As it stands, that of Jina
/// Embeddings v3.
class RopeBertLayout extends BertLayout {
  RopeBertLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  final void rope(Metadata.Builder all) {
    all.f32(key("rope.freq_base"), shape.ropeTheta());
    all.u32(key("rope.dimension_count"), shape.ropeDimensions());
  }

  @Override
  final void positions() {}

  @Override
  void attention(String block) {
    fusedQkv(block, BIAS_DEVIATION);
    attentionOutput(block, BIAS_DEVIATION);
  }
}
