package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;

/// ModernBERT: norms before attention and feed-forward, fused matrices, a window.
final class ModernBertLayout extends EncoderLayout {
  ModernBertLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.u32(key("attention.sliding_window"), 16);
    super.keys(all);
    all.f32(key("rope.freq_base_swa"), 777);
    all.u32(key("attention.sliding_window_pattern"), 2);
  }

  @Override
  Norms norms() {
    return Norms.LAYER;
  }

  @Override
  void addTensors() {
    int hidden = shape.hiddenSize();
    tokenEmbedding(1);
    norm("token_embd_norm");
    for (int i = 0; i < shape.numLayers(); i++) {
      layer("blk." + i + ".", i);
    }
    norm("output_norm");
    if (shape.has(Feature.SCORE_HEAD)) {
      linear("cls", hidden, hidden, 4, 0);
      norm("cls.norm");
      linear("cls.output", 1, hidden, 1, BIAS_DEVIATION);
    }
  }

  private void layer(String block, int layer) {
    if (layer > 0) {
      norm(block + "attn_norm");
    }
    fusedQkv(block, 0);
    attentionOutput(block, 0);
    norm(block + "ffn_norm");
    linear(block + "ffn_up", 2 * shape.intermediateSize(), shape.hiddenSize(), 1, 0);
    linear(block + "ffn_down", shape.hiddenSize(), shape.intermediateSize(), 1.5f, 0);
  }
}
