package dev.kawi.model.random;

import dev.kawi.model.random.RandomShape.Feature;

/// Jina Embeddings v2: slopes instead of positions, gate and up in one matrix; the models of code
/// have two norms of each layer, and norms of queries and keys.
final class JinaBert2Layout extends BertLayout {
  JinaBert2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void positions() {}

  @Override
  void attention(String block) {
    qkv(block, BIAS_DEVIATION);
    if (shape.has(Feature.TWO_NORMS)) {
      norm(block + "attn_q_norm", shape.querySize(), NORM);
      norm(block + "attn_k_norm", shape.kvSize(), NORM);
      norm(block + "attn_norm_2");
    }
    attentionOutput(block, BIAS_DEVIATION);
  }

  @Override
  void feedForward(String block, int layer) {
    linear(block + "ffn_up", 2 * shape.intermediateSize(), shape.hiddenSize(), 1, 0);
    linear(block + "ffn_down", shape.hiddenSize(), shape.intermediateSize(), 1, BIAS_DEVIATION);
  }
}
