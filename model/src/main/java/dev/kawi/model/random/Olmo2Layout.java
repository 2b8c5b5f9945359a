package dev.kawi.model.random;

import dev.kawi.model.random.RandomTensor.Spread;

/// OLMo 2: norms after attention and feed-forward and none before; norms of all queries and all
/// keys.
final class Olmo2Layout extends DecoderLayout {
  Olmo2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void layer(String block, int layer) {
    qkv(block, 0);
    norm(block + "attn_q_norm", shape.querySize(), new Spread.Between(0.5f, 2));
    norm(block + "attn_k_norm", shape.kvSize(), NORM);
    attentionOutput(block, 0);
    norm(block + "post_attention_norm");
    feedForward(block, layer);
    norm(block + "post_ffw_norm");
  }
}
