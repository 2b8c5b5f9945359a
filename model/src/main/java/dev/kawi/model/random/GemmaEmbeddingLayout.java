package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;

/// EmbeddingGemma: layers of Gemma 3, and linear maps of the pooled state.
final class GemmaEmbeddingLayout extends EncoderLayout {
  private static final int PROJECTED_SIZE = 512;

  GemmaEmbeddingLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.u32(key("attention.sliding_window"), 16);
    super.keys(all);
    all.f32(key("rope.freq_base_swa"), 777);
    if (shape.has(Feature.PROJECTIONS)) {
      all.u32(key("dense_2_feat_in"), shape.hiddenSize());
      all.u32(key("dense_2_feat_out"), PROJECTED_SIZE);
      all.u32(key("dense_3_feat_in"), PROJECTED_SIZE);
      all.u32(key("dense_3_feat_out"), shape.hiddenSize());
    }
  }

  @Override
  void addTensors() {
    int hidden = shape.hiddenSize();
    tokenEmbedding(deviation(1, hidden));
    for (int i = 0; i < shape.numLayers(); i++) {
      layer("blk." + i + ".");
    }
    norm("output_norm");
    if (shape.has(Feature.PROJECTIONS)) {
      linear("dense_2", PROJECTED_SIZE, hidden, 2, 0);
      linear("dense_3", hidden, PROJECTED_SIZE, 2, 0);
    }
  }

  private void layer(String block) {
    int hidden = shape.hiddenSize();
    int inner = shape.intermediateSize();
    norm(block + "attn_norm");
    qkv(block, 0);
    norm(block + "attn_q_norm", shape.headDim(), NORM);
    norm(block + "attn_k_norm", shape.headDim(), NORM);
    attentionOutput(block, 0);
    norm(block + "post_attention_norm");
    norm(block + "ffn_norm");
    linear(block + "ffn_gate", inner, hidden, 1, 0);
    linear(block + "ffn_up", inner, hidden, 1, 0);
    linear(block + "ffn_down", hidden, inner, 1.5f, 0);
    norm(block + "post_ffw_norm");
  }
}
