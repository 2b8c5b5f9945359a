package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// Gemma 3: norms of the heads and after attention and feed-forward, a window.
final class Gemma3Layout extends GemmaLayout {
  Gemma3Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    slidingWindow(all);
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    qkv(block, 0);
    headNorms(block);
    attentionOutput(block, 0);
    norm(block + "post_attention_norm");
    norm(block + "ffn_norm");
    feedForward(block, layer);
    norm(block + "post_ffw_norm");
  }
}
