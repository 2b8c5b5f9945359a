package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.model.random.RandomTensor.Spread;

/// The keys and tensors of latent attention, as DeepSeek 2 has: keys and values from one matrix, as
/// in older files, or from one each.
final class LatentAttentionLayout {
  private static final int QUERY_RANK = 256;
  private static final int LATENT_SIZE = 256;

  private final Layout layout;
  private final RandomShape shape;
  private final boolean split;

  LatentAttentionLayout(Layout layout) {
    this.layout = layout;
    this.shape = layout.shape;
    this.split = shape.has(Feature.SPLIT_LATENT);
  }

  void keys(Metadata.Builder all) {
    all.u32(layout.key("attention.q_lora_rank"), QUERY_RANK);
    all.u32(layout.key("attention.kv_lora_rank"), LATENT_SIZE);
    all.u32(
        layout.key("attention.key_length"),
        split ? LATENT_SIZE + shape.ropeDimensions() : shape.headDim());
    all.u32(layout.key("attention.value_length"), split ? LATENT_SIZE : shape.latentValueDim());
    if (split) {
      all.u32(layout.key("attention.key_length_mla"), shape.headDim());
      all.u32(layout.key("attention.value_length_mla"), shape.latentValueDim());
    }
  }

  void tensors(String block, float residualGain) {
    int hidden = shape.hiddenSize();
    int rope = shape.ropeDimensions();
    int heads = shape.numHeads();
    int value = shape.latentValueDim();
    layout.linear(block + "attn_q_a", QUERY_RANK, hidden, 1, 0);
    layout.norm(block + "attn_q_a_norm", QUERY_RANK, Layout.NORM);
    layout.linear(block + "attn_q_b", heads * shape.headDim(), QUERY_RANK, 1.4f, 0);
    layout.linear(block + "attn_kv_a_mqa", LATENT_SIZE + rope, hidden, 1, 0);
    layout.norm(block + "attn_kv_a_norm", LATENT_SIZE, Layout.NORM);
    keysAndValues(block, shape.headDim() - rope, value);
    layout.linear(block + "attn_output", hidden, heads * value, 1.2f * residualGain, 0);
  }

  private void keysAndValues(String block, int plain, int value) {
    int heads = shape.numHeads();
    if (split) {
      Spread spread = new Spread.Weight(Layout.deviation(1.2f, LATENT_SIZE));
      layout.add(block + "attn_k_b.weight", spread, heads, LATENT_SIZE, plain);
      layout.add(block + "attn_v_b.weight", spread, heads, value, LATENT_SIZE);
    } else {
      layout.linear(block + "attn_kv_b", heads * (plain + value), LATENT_SIZE, 1.2f, 0);
    }
  }
}
