package dev.kawi.model;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.RandomShape.Feature;
import dev.kawi.model.RandomTensor.Spread;
import java.util.List;

/// What [RandomLayout] is for decoders: the tensors of encoders in GGUF, and the keys that only
/// they have.
final class RandomEncoderLayout {
  private static final float BIAS_DEVIATION = 0.4f;
  private static final int PROJECTED_SIZE = 512;
  private static final int MEAN = 1;
  private static final int RANK = 4;

  private final RandomShape shape;
  private final String arch;
  private final int hidden;
  private final RandomTensors tensors = new RandomTensors();

  RandomEncoderLayout(RandomShape shape) {
    this.shape = shape;
    this.arch = shape.architecture();
    this.hidden = shape.hiddenSize();
  }

  /// Adds the keys.
  void describe(Metadata.Builder all) {
    all.bool(arch + ".attention.causal", false);
    all.u32(arch + ".pooling_type", shape.has(Feature.SCORE_HEAD) ? RANK : MEAN);
    if (arch.equals("gemma-embedding")) {
      all.f32(arch + ".rope.freq_base_swa", 777);
    } else if (arch.equals("modern-bert")) {
      all.f32(arch + ".rope.freq_base_swa", 777);
      all.u32(arch + ".attention.sliding_window_pattern", 2);
    } else {
      all.u32("tokenizer.ggml.token_type_count", 2);
    }
    if (shape.has(Feature.PROJECTIONS)) {
      all.u32(arch + ".dense_2_feat_in", hidden);
      all.u32(arch + ".dense_2_feat_out", PROJECTED_SIZE);
      all.u32(arch + ".dense_3_feat_in", PROJECTED_SIZE);
      all.u32(arch + ".dense_3_feat_out", hidden);
    }
    if (shape.has(Feature.EXPERTS)) {
      all.u32(arch + ".moe_every_n_layers", 2);
    }
  }

  /// All tensors in file order.
  List<RandomTensor> tensors() {
    tensors.clear();
    switch (arch) {
      case "gemma-embedding" -> gemma();
      case "modern-bert" -> modern();
      default -> postNorm();
    }
    return tensors.all();
  }

  // ---- like BERT ----

  private void postNorm() {
    tensors.add("token_embd.weight", new Spread.Weight(1), shape.vocabSize(), hidden);
    tensors.add("token_types.weight", new Spread.Plain(0.5f), 2, hidden);
    if (arch.equals("bert")) {
      tensors.add("position_embd.weight", new Spread.Plain(0.6f), shape.contextLength(), hidden);
    }
    layerNorm("token_embd_norm", hidden);
    for (int i = 0; i < shape.numLayers(); i++) {
      postNorm("blk." + i + ".", i);
    }
    if (shape.has(Feature.SCORE_HEAD)) {
      tensors.linear("cls", hidden, hidden, 1, BIAS_DEVIATION);
      tensors.linear("cls.output", 1, hidden, 1, BIAS_DEVIATION);
    }
  }

  private void postNorm(String block, int layer) {
    float bias = arch.equals("nomic-bert") ? 0 : BIAS_DEVIATION;
    if (List.of("bert", "jina-bert-v2").contains(arch)) {
      separate(block, bias);
    } else {
      int size = shape.querySize() + 2 * shape.kvSize();
      tensors.linear(block + "attn_qkv", size, hidden, 1.2f, bias);
    }
    if (shape.has(Feature.TWO_NORMS)) {
      layerNorm(block + "attn_q_norm", shape.querySize());
      layerNorm(block + "attn_k_norm", shape.kvSize());
      layerNorm(block + "attn_norm_2", hidden);
    }
    tensors.linear(block + "attn_output", hidden, shape.querySize(), 1.2f, bias);
    layerNorm(block + "attn_output_norm", hidden);
    if (shape.has(Feature.EXPERTS) && layer % 2 == 1) {
      experts(block);
    } else {
      dense(block, bias);
    }
    layerNorm(block + "layer_output_norm", hidden);
  }

  private void separate(String block, float bias) {
    tensors.linear(block + "attn_q", shape.querySize(), hidden, 1.4f, bias);
    tensors.linear(block + "attn_k", shape.kvSize(), hidden, 1.2f, bias);
    tensors.linear(block + "attn_v", shape.kvSize(), hidden, 1, bias);
  }

  private void dense(String block, float bias) {
    int inner = shape.intermediateSize();
    switch (arch) {
      case "nomic-bert" -> {
        tensors.linear(block + "ffn_gate", inner, hidden, 1, bias);
        tensors.linear(block + "ffn_up", inner, hidden, 1, bias);
      }
      case "jina-bert-v2" -> tensors.linear(block + "ffn_up", 2 * inner, hidden, 1, 0);
      default -> tensors.linear(block + "ffn_up", inner, hidden, 1, bias);
    }
    tensors.linear(block + "ffn_down", hidden, inner, 1, bias);
  }

  private void experts(String block) {
    int inner = shape.intermediateSize();
    int count = RandomLayout.NUM_EXPERTS;
    Spread router = new Spread.Plain(RandomTensors.deviation(1.5f, hidden));
    tensors.add(block + "ffn_gate_inp.weight", router, count, hidden);
    Spread in = new Spread.Weight(RandomTensors.deviation(1, hidden));
    tensors.add(block + "ffn_up_exps.weight", in, count, inner, hidden);
    Spread out = new Spread.Weight(RandomTensors.deviation(2, inner));
    tensors.add(block + "ffn_down_exps.weight", out, count, hidden, inner);
  }

  // ---- norms before layers ----

  private void modern() {
    tensors.add("token_embd.weight", new Spread.Weight(1), shape.vocabSize(), hidden);
    norm("token_embd_norm", hidden);
    for (int i = 0; i < shape.numLayers(); i++) {
      String block = "blk." + i + ".";
      if (i > 0) {
        norm(block + "attn_norm", hidden);
      }
      int size = shape.querySize() + 2 * shape.kvSize();
      tensors.linear(block + "attn_qkv", size, hidden, 1.2f, 0);
      tensors.linear(block + "attn_output", hidden, shape.querySize(), 1.2f, 0);
      norm(block + "ffn_norm", hidden);
      tensors.linear(block + "ffn_up", 2 * shape.intermediateSize(), hidden, 1, 0);
      tensors.linear(block + "ffn_down", hidden, shape.intermediateSize(), 1.5f, 0);
    }
    norm("output_norm", hidden);
    if (shape.has(Feature.SCORE_HEAD)) {
      tensors.linear("cls", hidden, hidden, 4, 0);
      norm("cls.norm", hidden);
      tensors.linear("cls.output", 1, hidden, 1, BIAS_DEVIATION);
    }
  }

  private void gemma() {
    float head = RandomTensors.deviation(1, hidden);
    tensors.add("token_embd.weight", new Spread.Weight(head), shape.vocabSize(), hidden);
    for (int i = 0; i < shape.numLayers(); i++) {
      String block = "blk." + i + ".";
      norm(block + "attn_norm", hidden);
      separate(block, 0);
      norm(block + "attn_q_norm", shape.headDim());
      norm(block + "attn_k_norm", shape.headDim());
      tensors.linear(block + "attn_output", hidden, shape.querySize(), 1.2f, 0);
      norm(block + "post_attention_norm", hidden);
      norm(block + "ffn_norm", hidden);
      tensors.linear(block + "ffn_gate", shape.intermediateSize(), hidden, 1, 0);
      tensors.linear(block + "ffn_up", shape.intermediateSize(), hidden, 1, 0);
      tensors.linear(block + "ffn_down", hidden, shape.intermediateSize(), 1.5f, 0);
      norm(block + "post_ffw_norm", hidden);
    }
    norm("output_norm", hidden);
    if (shape.has(Feature.PROJECTIONS)) {
      tensors.linear("dense_2", PROJECTED_SIZE, hidden, 2, 0);
      tensors.linear("dense_3", hidden, PROJECTED_SIZE, 2, 0);
    }
  }

  private void norm(String name, int size) {
    tensors.add(name + ".weight", new Spread.Between(0.5f, 1.5f), size);
  }

  private void layerNorm(String name, int size) {
    norm(name, size);
    tensors.add(name + ".bias", new Spread.Plain(0.3f), size);
  }
}
