package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.model.random.RandomTensor.Spread;

/// BERT and its successors: norms after attention and feed-forward.
class BertLayout extends EncoderLayout {
  BertLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    super.keys(all);
    all.u32("tokenizer.ggml.token_type_count", 2);
  }

  @Override
  Norms norms() {
    return Norms.LAYER_WITH_BIASES;
  }

  @Override
  void rope(Metadata.Builder all) {}

  @Override
  final void addTensors() {
    tokenEmbedding(1);
    add("token_types.weight", new Spread.Plain(0.5f), 2, shape.hiddenSize());
    positions();
    norm("token_embd_norm");
    for (int i = 0; i < shape.numLayers(); i++) {
      layer("blk." + i + ".", i);
    }
    if (shape.has(Feature.SCORE_HEAD)) {
      linear("cls", shape.hiddenSize(), shape.hiddenSize(), 1, BIAS_DEVIATION);
      linear("cls.output", 1, shape.hiddenSize(), 1, BIAS_DEVIATION);
    }
  }

  private void layer(String block, int layer) {
    attention(block);
    norm(block + "attn_output_norm");
    feedForward(block, layer);
    norm(block + "layer_output_norm");
  }

  void positions() {
    Spread spread = new Spread.Plain(0.6f);
    add("position_embd.weight", spread, shape.contextLength(), shape.hiddenSize());
  }

  void attention(String block) {
    qkv(block, BIAS_DEVIATION);
    attentionOutput(block, BIAS_DEVIATION);
  }

  void feedForward(String block, int layer) {
    mlp(block, BIAS_DEVIATION);
  }

  final void mlp(String block, float bias) {
    linear(block + "ffn_up", shape.intermediateSize(), shape.hiddenSize(), 1, bias);
    linear(block + "ffn_down", shape.hiddenSize(), shape.intermediateSize(), 1, bias);
  }
}
