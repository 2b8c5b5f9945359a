package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.model.random.RandomTensor.Spread;

/// Qwen3-Next and Qwen 3.5, dense or with experts: gated delta nets, but in every fourth layer
/// attention with gated queries, of whose heads a quarter turns. Value heads are twice as many as
/// key heads, so that it is seen which belong together.
final class DeltaNetLayout extends DecoderLayout {
  private static final int ATTENTION_INTERVAL = 4;
  private static final int KERNEL = 4;

  DeltaNetLayout(RandomShape shape) {
    super(shape);
  }

  private boolean isNext() {
    return shape.architecture().equals("qwen3next");
  }

  private int deltaHeadDim() {
    return shape.headDim() / 2;
  }

  private int valueHeads() {
    return 2 * shape.hiddenSize() / deltaHeadDim();
  }

  private int keyHeads() {
    return valueHeads() / 2;
  }

  private int valueSize() {
    return valueHeads() * deltaHeadDim();
  }

  private int channels() {
    return 2 * keyHeads() * deltaHeadDim() + valueSize();
  }

  @Override
  void headSizes(Metadata.Builder all) {
    all.u32(key("attention.key_length"), shape.headDim());
    all.u32(key("attention.value_length"), shape.headDim());
  }

  @Override
  void rope(Metadata.Builder all) {
    int dims = shape.headDim() / 4;
    all.f32(key("rope.freq_base"), shape.ropeTheta());
    all.u32(key("rope.dimension_count"), dims);
    if (!isNext()) {
      int section = Math.ceilDiv(dims / 2, 3);
      all.i32s(key("rope.dimension_sections"), section, section, dims / 2 - 2 * section, 0);
    }
  }

  @Override
  void keys(Metadata.Builder all) {
    super.keys(all);
    all.u32(key("ssm.conv_kernel"), KERNEL);
    all.u32(key("ssm.state_size"), deltaHeadDim());
    all.u32(key("ssm.group_count"), keyHeads());
    all.u32(key("ssm.time_step_rank"), valueHeads());
    all.u32(key("ssm.inner_size"), valueSize());
    all.u32(key("full_attention_interval"), ATTENTION_INTERVAL);
  }

  @Override
  void expertKeys(Metadata.Builder all) {
    sharedExpertKeys(all);
  }

  @Override
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    if ((layer + 1) % ATTENTION_INTERVAL == 0) {
      attention(block);
    } else {
      deltaNet(block);
    }
    norm(block + "post_attention_norm");
    feedForward(block, layer);
  }

  @Override
  void attention(String block) {
    int hidden = shape.hiddenSize();
    linear(block + "attn_q", 2 * shape.querySize(), hidden, 1.4f, 0);
    linear(block + "attn_k", shape.kvSize(), hidden, 1.2f, 0);
    linear(block + "attn_v", shape.kvSize(), hidden, 1, 0);
    headNorms(block);
    linear(block + "attn_output", hidden, shape.querySize(), 2.4f * residualGain(), 0);
  }

  private void deltaNet(String block) {
    int hidden = shape.hiddenSize();
    linear(block + "attn_qkv", channels(), hidden, 1, 0);
    linear(block + "attn_gate", valueSize(), hidden, 1, 0);
    if (isNext()) {
      linear(block + "ssm_ba", 2 * valueHeads(), hidden, 1, 0);
    } else {
      linear(block + "ssm_beta", valueHeads(), hidden, 1, 0);
      linear(block + "ssm_alpha", valueHeads(), hidden, 1, 0);
    }
    add(block + "ssm_conv1d.weight", new Spread.Plain(0.6f), channels(), KERNEL);
    add(block + "ssm_dt.bias", new Spread.Between(-2, 1), valueHeads());
    add(block + "ssm_a", new Spread.Between(-1.5f, -0.02f), valueHeads());
    norm(block + "ssm_norm", deltaHeadDim(), NORM);
    linear(block + "ssm_out", hidden, valueSize(), 2 * residualGain(), 0);
  }

  @Override
  void feedForward(String block, int layer) {
    super.feedForward(block, layer);
    if (shape.has(Feature.EXPERTS)) {
      Spread spread = new Spread.Plain(deviation(1.5f, shape.hiddenSize()));
      add(block + "ffn_gate_inp_shexp.weight", spread, shape.hiddenSize());
      sharedExpert(block);
    }
  }
}
