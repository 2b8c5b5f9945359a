package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.model.random.RandomTensor.Spread;

/// The keys and tensors of a decoder. As it stands, that of a model whose layers are those of
/// Llama; a subclass overrides what an architecture has in another way.
///
/// Where output and embedding are tied, half of the weights of the last norm are negative, else
/// each token would predict itself; and blocks add less, because embeddings are small.
class DecoderLayout extends Layout {
  private static final float LOGIT_DEVIATION = 2.4f;

  DecoderLayout(RandomShape shape) {
    super(shape);
  }

  // ---- keys ----

  @Override
  void keys(Metadata.Builder all) {
    if (shape.has(Feature.EXPERTS)) {
      expertKeys(all);
    }
  }

  void expertKeys(Metadata.Builder all) {
    expertCounts(all);
    all.u32(key("expert_feed_forward_length"), shape.intermediateSize());
  }

  final void sharedExpertKeys(Metadata.Builder all) {
    expertCounts(all);
    all.u32(key("expert_feed_forward_length"), shape.intermediateSize());
    all.u32(key("expert_shared_feed_forward_length"), sharedSize());
  }

  final void slidingWindow(Metadata.Builder all) {
    all.u32(key("attention.sliding_window"), 16);
  }

  // ---- tensors ----

  @Override
  void addTensors() {
    int hidden = shape.hiddenSize();
    boolean tied = shape.has(Feature.TIED);
    float head = LOGIT_DEVIATION / (float) Math.sqrt(hidden);
    add("token_embd.weight", new Spread.Weight(tied ? head : 1), shape.vocabSize(), hidden);
    afterEmbedding();
    ropeFactors();
    for (int i = 0; i < shape.numLayers(); i++) {
      layer("blk." + i + ".", i);
    }
    outputNorm();
    if (!tied) {
      add("output.weight", new Spread.Weight(head), shape.vocabSize(), hidden);
    }
  }

  /// Adds what an architecture has between the embedding and the layers.
  void afterEmbedding() {}

  private void ropeFactors() {
    int pairs = shape.ropeDimensions() / 2;
    if (shape.has(Feature.ROPE_FREQS)) {
      add("rope_freqs.weight", new Spread.Between(0.6f, 6), pairs);
    }
    if (shape.hasRopeFactors()) {
      add("rope_factors_long.weight", new Spread.Between(1, 9), pairs);
      add("rope_factors_short.weight", new Spread.Between(0.8f, 1.7f), pairs);
    }
  }

  void outputNorm() {
    boolean tied = shape.has(Feature.TIED);
    norm("output_norm", shape.hiddenSize(), tied ? new Spread.Signed(0.5f, 1.5f) : NORM);
  }

  /// Adds a layer.
  ///
  /// @param block what the names of its tensors begin with: `blk.N.`
  void layer(String block, int layer) {
    norm(block + "attn_norm");
    attention(block);
    norm(block + "ffn_norm");
    feedForward(block, layer);
  }

  void attention(String block) {
    qkv(block, 0);
    attentionOutput(block, 0);
  }

  void feedForward(String block, int layer) {
    if (shape.has(Feature.EXPERTS)) {
      experts(block);
    } else {
      gatedMlp(block, 0);
    }
  }

  // ---- parts ----

  /// How much blocks add.
  float residualGain() {
    return shape.has(Feature.TIED) ? 0.3f : 1;
  }

  /// The deviation of optional biases: 0 where the shape has none.
  final float optionalBias() {
    return shape.has(Feature.BIASES) ? BIAS_DEVIATION : 0;
  }

  final void attentionOutput(String block, float bias) {
    linear(
        block + "attn_output",
        shape.hiddenSize(),
        shape.querySize(),
        1.2f * residualGain(),
        bias * residualGain());
  }

  /// Norms of queries and keys, with the same weights for each head.
  final void headNorms(String block) {
    norm(block + "attn_q_norm", shape.headDim(), new Spread.Between(0.5f, 2));
    norm(block + "attn_k_norm", shape.headDim(), NORM);
  }

  /// Norms of queries and keys, with weights for each head.
  final void normsOfEachHead(String block) {
    Spread spread = new Spread.Between(0.5f, 2);
    add(block + "attn_q_norm.weight", spread, shape.numHeads(), shape.headDim());
    add(block + "attn_k_norm.weight", spread, shape.numKvHeads(), shape.headDim());
  }

  final void mlp(String block, float bias) {
    linear(block + "ffn_up", shape.intermediateSize(), shape.hiddenSize(), 1, bias);
    down(block, 1, bias);
  }

  final void gatedMlp(String block, float bias) {
    linear(block + "ffn_gate", shape.intermediateSize(), shape.hiddenSize(), 1, bias);
    linear(block + "ffn_up", shape.intermediateSize(), shape.hiddenSize(), 1, bias);
    down(block, 1.5f, bias);
  }

  /// Gate and up in one matrix.
  final void fusedMlp(String block) {
    linear(block + "ffn_up", 2 * shape.intermediateSize(), shape.hiddenSize(), 1, 0);
    down(block, 1.5f, 0);
  }

  private void down(String block, float gain, float bias) {
    linear(
        block + "ffn_down",
        shape.hiddenSize(),
        shape.intermediateSize(),
        gain * residualGain(),
        bias * residualGain());
  }

  final void experts(String block) {
    router(block);
    expertMatrices(block);
  }

  final void router(String block) {
    int hidden = shape.hiddenSize();
    Spread spread = new Spread.Plain(deviation(1.5f, hidden));
    add(block + "ffn_gate_inp.weight", spread, NUM_EXPERTS, hidden);
  }

  final void expertMatrices(String block) {
    int hidden = shape.hiddenSize();
    int inner = shape.intermediateSize();
    Spread in = new Spread.Weight(deviation(1, hidden));
    add(block + "ffn_gate_exps.weight", in, NUM_EXPERTS, inner, hidden);
    add(block + "ffn_up_exps.weight", in, NUM_EXPERTS, inner, hidden);
    Spread out = new Spread.Weight(deviation(2, inner));
    add(block + "ffn_down_exps.weight", out, NUM_EXPERTS, hidden, inner);
  }

  final void sharedExpert(String block) {
    int hidden = shape.hiddenSize();
    linear(block + "ffn_gate_shexp", sharedSize(), hidden, 1, 0);
    linear(block + "ffn_up_shexp", sharedSize(), hidden, 1, 0);
    linear(block + "ffn_down_shexp", hidden, sharedSize(), 1.5f, 0);
  }

  private int sharedSize() {
    return 2 * shape.intermediateSize();
  }
}
