package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// ChatGLM 1: the inputs of a block count several times in its sum, so that blocks add more; masks
/// and the start of an answer have tokens of their own.
final class ChatGlm1Layout extends GptLayout {
  private static final int MASK = 300;
  private static final int GMASK = 301;
  private static final int SOP = 304;

  ChatGlm1Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.u32(key("mask_token_id"), MASK);
    all.u32(key("gmask_token_id"), GMASK);
    all.u32(key("sop_token_id"), SOP);
  }

  @Override
  float residualGain() {
    return 4;
  }
}
