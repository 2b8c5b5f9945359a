package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.model.random.RandomTensor.Spread;

/// What the keys and tensors of encoders have in common.
abstract class EncoderLayout extends Layout {
  private static final int MEAN = 1;
  private static final int RANK = 4;

  EncoderLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.bool(key("attention.causal"), false);
    all.u32(key("pooling_type"), shape.has(Feature.SCORE_HEAD) ? RANK : MEAN);
  }

  final void tokenEmbedding(float deviation) {
    Spread spread = new Spread.Weight(deviation);
    add("token_embd.weight", spread, shape.vocabSize(), shape.hiddenSize());
  }

  final void attentionOutput(String block, float bias) {
    linear(block + "attn_output", shape.hiddenSize(), shape.querySize(), 1.2f, bias);
  }
}
