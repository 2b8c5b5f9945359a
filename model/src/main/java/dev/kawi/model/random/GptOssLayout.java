package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomTensor.Spread;

/// gpt-oss: a window, sinks, and experts with biases.
final class GptOssLayout extends DecoderLayout {
  GptOssLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void headSizes(Metadata.Builder all) {
    all.u32(key("attention.key_length"), shape.headDim());
    all.u32(key("attention.value_length"), shape.headDim());
  }

  @Override
  void keys(Metadata.Builder all) {
    slidingWindow(all);
    super.keys(all);
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    qkv(block, optionalBias());
    attentionOutput(block, optionalBias());
    norm(block + "post_attention_norm");
    add(block + "attn_sinks.weight", new Spread.Plain(2), shape.numHeads());
    feedForward(block, layer);
  }

  @Override
  void feedForward(String block, int layer) {
    int hidden = shape.hiddenSize();
    int inner = shape.intermediateSize();
    Spread bias = new Spread.Plain(BIAS_DEVIATION);
    router(block);
    add(block + "ffn_gate_inp.bias", bias, NUM_EXPERTS);
    add(block + "ffn_gate_exps.bias", bias, NUM_EXPERTS, inner);
    add(block + "ffn_up_exps.bias", bias, NUM_EXPERTS, inner);
    add(block + "ffn_down_exps.bias", bias, NUM_EXPERTS, hidden);
    expertMatrices(block);
  }
}
