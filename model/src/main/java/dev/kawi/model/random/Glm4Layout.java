package dev.kawi.model.random;

/// GLM 4: norms after attention and feed-forward, gate and up in one matrix.
final class Glm4Layout extends DecoderLayout {
  Glm4Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    qkv(block, optionalBias());
    attentionOutput(block, 0);
    norm(block + "post_attention_norm");
    norm(block + "ffn_norm");
    fusedMlp(block);
    norm(block + "post_ffw_norm");
  }
}
