package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// Gemma 2: norms after attention and feed-forward, a window, caps of logits.
final class Gemma2Layout extends GemmaLayout {
  Gemma2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    slidingWindow(all);
    all.f32(key("attn_logit_softcapping"), 2.5f);
    all.f32(key("final_logit_softcapping"), 12.5f);
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    attention(block);
    norm(block + "post_attention_norm");
    norm(block + "ffn_norm");
    feedForward(block, layer);
    norm(block + "post_ffw_norm");
  }
}
