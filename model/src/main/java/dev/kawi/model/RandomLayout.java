package dev.kawi.model;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.RandomShape.Feature;
import dev.kawi.model.RandomTensor.Spread;
import java.util.List;

/// Which metadata and which tensors an architecture has in GGUF: the names and sizes that files of
/// released models have.
///
/// The spreads keep activations near 1 and logits near a standard deviation of 2.4, so that the
/// most likely token has a probability between about 0.05 and 0.9. Where output and embedding are
/// tied, half of the weights of the last norm are negative, else each token would predict itself;
/// and blocks add less, because embeddings are small.
final class RandomLayout {
  static final int NUM_EXPERTS = 4;
  static final int NUM_EXPERTS_USED = 2;
  static final int MASK = 300;
  static final int GMASK = 301;
  static final int SOP = 304;
  private static final float LOGIT_DEVIATION = 2.4f;
  private static final float BIAS_DEVIATION = 0.4f;
  private static final int QUERY_RANK = 256;
  private static final int LATENT_SIZE = 256;

  private final RandomShape shape;
  private final String arch;
  private final RandomTensors tensors = new RandomTensors();
  private final float residualGain;

  RandomLayout(RandomShape shape) {
    this.shape = shape;
    this.arch = shape.architecture();
    this.residualGain = residualGain();
  }

  /// How much blocks add; where inputs count several times, blocks do, too.
  private float residualGain() {
    if (arch.equals("chatglm1")) {
      return 4;
    }
    return shape.has(Feature.TIED) && !arch.startsWith("gemma") ? 0.3f : 1;
  }

  // ---- metadata ----

  /// All keys but the tokenizer's.
  Metadata.Builder metadata() {
    Metadata.Builder all =
        Metadata.builder()
            .string("general.architecture", arch)
            .string("general.type", "model")
            .string("general.name", "random weights")
            .u32("general.quantization_version", 2)
            .u32(key("block_count"), shape.numLayers())
            .u32(key("context_length"), shape.contextLength())
            .u32(key("embedding_length"), shape.hiddenSize())
            .u32(
                key("feed_forward_length"),
                arch.equals("qwen") ? 2 * shape.intermediateSize() : shape.intermediateSize())
            .u32(key("vocab_size"), shape.vocabSize())
            .u32(key("attention.head_count"), shape.numHeads())
            .u32(key("attention.head_count_kv"), shape.numKvHeads())
            .f32(
                key(
                    layerNorm()
                        ? "attention.layer_norm_epsilon"
                        : "attention.layer_norm_rms_epsilon"),
                shape.normEps());
    if (shape.latent()) {
      latent(all);
    } else if (shape.querySize() != shape.hiddenSize() || arch.equals("gpt-oss")) {
      all.u32(key("attention.key_length"), shape.headDim());
      all.u32(key("attention.value_length"), shape.headDim());
    }
    rope(all);
    windows(all);
    factors(all);
    experts(all);
    if (encoder()) {
      new RandomEncoderLayout(shape).describe(all);
    }
    return all;
  }

  /// Factors that differ from their usual values, and from 1.
  private void factors(Metadata.Builder all) {
    switch (arch) {
      case "granite", "granitemoe" -> {
        all.f32(key("embedding_scale"), 1.7f);
        all.f32(key("residual_scale"), 0.6f);
        all.f32(key("attention.scale"), 0.11f);
        all.f32(key("logit_scale"), 1.3f);
      }
      case "minicpm" -> {
        all.f32(key("embedding_scale"), 1.7f);
        all.f32(key("residual_scale"), 0.6f);
        all.f32(key("logit_scale"), 0.8f);
      }
      case "command-r", "cohere2" -> all.f32(key("logit_scale"), 0.9f);
      case "gptneox" -> all.bool(key("use_parallel_residual"), shape.has(Feature.PARALLEL));
      case "mpt" -> {
        all.f32(key("attention.clamp_kqv"), 1.2f);
        all.f32(key("attention.max_alibi_bias"), 6);
      }
      case "olmo" -> all.f32(key("attention.clamp_kqv"), 1.1f);
      case "chatglm1" -> {
        all.u32(key("mask_token_id"), MASK);
        all.u32(key("gmask_token_id"), GMASK);
        all.u32(key("sop_token_id"), SOP);
      }
      default -> {}
    }
  }

  private void latent(Metadata.Builder all) {
    boolean split = shape.has(Feature.SPLIT_LATENT);
    all.u32(key("attention.q_lora_rank"), QUERY_RANK);
    all.u32(key("attention.kv_lora_rank"), LATENT_SIZE);
    all.u32(
        key("attention.key_length"),
        split ? LATENT_SIZE + shape.ropeDimensions() : shape.headDim());
    all.u32(key("attention.value_length"), split ? LATENT_SIZE : shape.latentValueDim());
    if (split) {
      all.u32(key("attention.key_length_mla"), shape.headDim());
      all.u32(key("attention.value_length_mla"), shape.latentValueDim());
    }
    if (arch.equals("deepseek2") && shape.has(Feature.YARN_ROPE)) {
      all.f32(key("rope.scaling.yarn_log_multiplier"), 0.0707f);
    }
  }

  private String key(String rest) {
    return arch + "." + rest;
  }

  private void rope(Metadata.Builder all) {
    if (!List.of("gpt2", "starcoder", "bloom", "mpt", "bert", "jina-bert-v2").contains(arch)) {
      all.f32(key("rope.freq_base"), shape.ropeTheta());
      all.u32(key("rope.dimension_count"), shape.ropeDimensions());
    }
    if (shape.has(Feature.LINEAR_ROPE)) {
      all.string(key("rope.scaling.type"), "linear");
      all.f32(key("rope.scaling.factor"), 2.5f);
    }
    if (shape.has(Feature.YARN_ROPE)) {
      all.string(key("rope.scaling.type"), "yarn");
      all.f32(key("rope.scaling.factor"), 3.5f);
      all.u32(key("rope.scaling.original_context_length"), 48);
    }
    if (longRope()) {
      int original = shape.has(Feature.LONG_FACTORS) ? 32 : shape.contextLength();
      all.u32(key("rope.scaling.original_context_length"), original);
      all.f32(key("rope.scaling.attn_factor"), 1.27f);
    }
  }

  private void windows(Metadata.Builder all) {
    if (List.of("gemma2", "gemma3", "cohere2", "gpt-oss", "gemma-embedding", "modern-bert")
        .contains(arch)) {
      all.u32(key("attention.sliding_window"), 16);
    }
    if (arch.equals("gemma2")) {
      all.f32(key("attn_logit_softcapping"), 2.5f);
      all.f32(key("final_logit_softcapping"), 12.5f);
    }
  }

  private void experts(Metadata.Builder all) {
    if (shape.has(Feature.EXPERTS)) {
      all.u32(key("expert_count"), NUM_EXPERTS);
      all.u32(key("expert_used_count"), NUM_EXPERTS_USED);
      if (!arch.equals("llama") && !encoder()) {
        all.u32(key("expert_feed_forward_length"), shape.intermediateSize());
      }
      if (sharedExpert() && !deepSeek()) {
        all.u32(key("expert_shared_feed_forward_length"), sharedSize());
      }
      if (deepSeek()) {
        all.u32(key("expert_shared_count"), 2);
        all.f32(key("expert_weights_scale"), 1.6f);
      }
    }
    if (shape.has(Feature.DENSE_FIRST)) {
      all.u32(key("leading_dense_block_count"), 1);
    }
    if (shape.has(Feature.SIGMOID_EXPERTS)) {
      all.u32(key("expert_gating_func"), 2);
      all.bool(key("expert_weights_norm"), true);
      all.u32(key("expert_group_count"), 2);
      all.u32(key("expert_group_used_count"), 1);
    }
  }

  private boolean longRope() {
    return shape.has(Feature.LONG_FACTORS) || shape.has(Feature.SHORT_FACTORS);
  }

  private boolean layerNorm() {
    return linearBiases()
        || List.of("falcon", "command-r", "cohere2", "mpt", "stablelm", "olmo").contains(arch)
        || (encoder() && !arch.startsWith("gemma"));
  }

  private boolean normBiases() {
    return linearBiases() || arch.equals("falcon") || arch.equals("stablelm");
  }

  private boolean linearBiases() {
    return List.of(
            "gpt2", "starcoder2", "codeshell", "starcoder", "bloom", "gptneox", "phi2", "chatglm1")
        .contains(arch);
  }

  /// Query, key and value in one matrix.
  private boolean fusedQkv() {
    return List.of(
            "gpt2",
            "phi3",
            "chatglm",
            "chatglm1",
            "qwen",
            "codeshell",
            "falcon",
            "starcoder",
            "bloom",
            "gptneox",
            "mpt")
        .contains(arch);
  }

  /// Gate and up in one matrix.
  private boolean fusedUp() {
    return List.of("phi3", "chatglm", "glm4").contains(arch);
  }

  private boolean gated() {
    return !linearBiases() && !arch.equals("falcon") && !arch.equals("mpt");
  }

  /// Attention and feed-forward have one norm before both.
  private boolean parallel() {
    return List.of("falcon", "command-r", "cohere2", "phi2").contains(arch)
        || (arch.equals("stablelm") && shape.has(Feature.PARALLEL));
  }

  private boolean encoder() {
    return EncoderArchitecture.find(arch).isPresent();
  }

  private boolean deepSeek() {
    return arch.startsWith("deepseek");
  }

  private boolean sharedExpert() {
    return deepSeek() || List.of("qwen2moe", "hunyuan-moe", "granitemoe").contains(arch);
  }

  private boolean postNorms() {
    return List.of("gemma2", "gemma3", "glm4", "olmo2").contains(arch);
  }

  private int sharedSize() {
    return 2 * shape.intermediateSize();
  }

  // ---- tensors ----

  /// All tensors in file order.
  List<RandomTensor> tensors() {
    if (encoder()) {
      return new RandomEncoderLayout(shape).tensors();
    }
    tensors.clear();
    boolean tied = shape.has(Feature.TIED);
    float head = LOGIT_DEVIATION / (float) Math.sqrt(shape.hiddenSize());
    add(
        "token_embd.weight",
        new Spread.Weight(tied ? head : 1),
        shape.vocabSize(),
        shape.hiddenSize());
    if (arch.equals("bloom")) {
      norm("token_embd_norm", shape.hiddenSize(), new Spread.Between(0.5f, 1.5f));
    }
    if (arch.equals("gpt2") || arch.equals("starcoder")) {
      add(
          "position_embd.weight",
          new Spread.Plain(0.6f),
          shape.contextLength(),
          shape.hiddenSize());
    }
    ropeFactors();
    for (int i = 0; i < shape.numLayers(); i++) {
      String block = "blk." + i + ".";
      attention(block);
      feedForward(block, i);
    }
    if (!arch.equals("olmo")) {
      norm(
          "output_norm",
          shape.hiddenSize(),
          tied ? new Spread.Signed(0.5f, 1.5f) : new Spread.Between(0.5f, 1.5f));
    }
    if (!tied) {
      add("output.weight", new Spread.Weight(head), shape.vocabSize(), shape.hiddenSize());
    }
    if (arch.equals("phi2")) {
      add("output.bias", new Spread.Plain(BIAS_DEVIATION), shape.vocabSize());
    }
    return tensors.all();
  }

  private void ropeFactors() {
    int pairs = shape.ropeDimensions() / 2;
    if (shape.has(Feature.ROPE_FREQS)) {
      add("rope_freqs.weight", new Spread.Between(0.6f, 6), pairs);
    }
    if (longRope()) {
      add("rope_factors_long.weight", new Spread.Between(1, 9), pairs);
      add("rope_factors_short.weight", new Spread.Between(0.8f, 1.7f), pairs);
    }
  }

  private void attention(String block) {
    int hidden = shape.hiddenSize();
    float bias = linearBiases() || shape.has(Feature.BIASES) ? BIAS_DEVIATION : 0;
    if (!arch.startsWith("olmo")) {
      norm(block + "attn_norm", hidden, new Spread.Between(0.5f, 1.5f));
    }
    if (shape.has(Feature.TWO_NORMS)) {
      norm(block + "attn_norm_2", hidden, new Spread.Between(0.5f, 1.5f));
    }
    if (shape.latent()) {
      latentAttention(block);
      return;
    }
    if (fusedQkv()) {
      linear(block + "attn_qkv", shape.querySize() + 2 * shape.kvSize(), hidden, 1.2f, bias);
    } else {
      linear(block + "attn_q", shape.querySize(), hidden, 1.4f, bias);
      linear(block + "attn_k", shape.kvSize(), hidden, 1.2f, bias);
      linear(block + "attn_v", shape.kvSize(), hidden, 1, bias);
    }
    if (arch.startsWith("qwen3") || arch.startsWith("hunyuan") || arch.equals("gemma3")) {
      norm(block + "attn_q_norm", shape.headDim(), new Spread.Between(0.5f, 2));
      norm(block + "attn_k_norm", shape.headDim(), new Spread.Between(0.5f, 1.5f));
    }
    if (shape.has(Feature.HEAD_NORMS)) {
      Spread spread = new Spread.Between(0.5f, 2);
      add(block + "attn_q_norm.weight", spread, shape.numHeads(), shape.headDim());
      add(block + "attn_k_norm.weight", spread, shape.numKvHeads(), shape.headDim());
    }
    if (arch.equals("olmo2")) {
      norm(block + "attn_q_norm", shape.querySize(), new Spread.Between(0.5f, 2));
      norm(block + "attn_k_norm", shape.kvSize(), new Spread.Between(0.5f, 1.5f));
    }
    boolean inputsOnly =
        List.of("qwen", "glm", "stablelm").stream().anyMatch(arch::contains)
            && !arch.equals("chatglm1");
    float outBias = inputsOnly ? 0 : bias * residualGain;
    linear(block + "attn_output", hidden, shape.querySize(), 1.2f * residualGain, outBias);
    if (postNorms() || arch.equals("gpt-oss")) {
      norm(block + "post_attention_norm", hidden, new Spread.Between(0.5f, 1.5f));
    }
    if (arch.equals("gpt-oss")) {
      add(block + "attn_sinks.weight", new Spread.Plain(2), shape.numHeads());
    }
  }

  private void latentAttention(String block) {
    int hidden = shape.hiddenSize();
    int rope = shape.ropeDimensions();
    int plain = shape.headDim() - rope;
    int value = shape.latentValueDim();
    int heads = shape.numHeads();
    linear(block + "attn_q_a", QUERY_RANK, hidden, 1, 0);
    norm(block + "attn_q_a_norm", QUERY_RANK, new Spread.Between(0.5f, 1.5f));
    linear(block + "attn_q_b", heads * shape.headDim(), QUERY_RANK, 1.4f, 0);
    linear(block + "attn_kv_a_mqa", LATENT_SIZE + rope, hidden, 1, 0);
    norm(block + "attn_kv_a_norm", LATENT_SIZE, new Spread.Between(0.5f, 1.5f));
    if (shape.has(Feature.SPLIT_LATENT)) {
      Spread spread = new Spread.Weight(deviation(1.2f, LATENT_SIZE));
      add(block + "attn_k_b.weight", spread, heads, LATENT_SIZE, plain);
      add(block + "attn_v_b.weight", spread, heads, value, LATENT_SIZE);
    } else {
      linear(block + "attn_kv_b", heads * (plain + value), LATENT_SIZE, 1.2f, 0);
    }
    linear(block + "attn_output", hidden, heads * value, 1.2f * residualGain, 0);
  }

  private void feedForward(String block, int layer) {
    if (!parallel() && !arch.startsWith("olmo") && !arch.equals("gpt-oss")) {
      norm(block + "ffn_norm", shape.hiddenSize(), new Spread.Between(0.5f, 1.5f));
    }
    boolean dense = shape.has(Feature.DENSE_FIRST) && layer == 0;
    if (shape.has(Feature.EXPERTS) && !dense) {
      mixture(block);
    } else {
      dense(block);
    }
    if (postNorms()) {
      norm(block + "post_ffw_norm", shape.hiddenSize(), new Spread.Between(0.5f, 1.5f));
    }
  }

  private void dense(String block) {
    int hidden = shape.hiddenSize();
    int inner = shape.intermediateSize();
    boolean biased = linearBiases() || (arch.equals("llama") && shape.has(Feature.BIASES));
    float bias = biased ? BIAS_DEVIATION : 0;
    boolean fused = fusedUp();
    if (gated() && !fused) {
      linear(block + "ffn_gate", inner, hidden, 1, bias);
    }
    linear(block + "ffn_up", fused ? 2 * inner : inner, hidden, 1, bias);
    float gain = gated() ? 1.5f : 1;
    linear(block + "ffn_down", hidden, inner, gain * residualGain, bias * residualGain);
  }

  private void mixture(String block) {
    int hidden = shape.hiddenSize();
    int inner = shape.intermediateSize();
    add(
        block + "ffn_gate_inp.weight",
        new Spread.Plain(deviation(1.5f, hidden)),
        NUM_EXPERTS,
        hidden);
    if (shape.has(Feature.SIGMOID_EXPERTS)) {
      add(block + "exp_probs_b.bias", new Spread.Plain(0.2f), NUM_EXPERTS);
    }
    if (arch.equals("gpt-oss")) {
      add(block + "ffn_gate_inp.bias", new Spread.Plain(BIAS_DEVIATION), NUM_EXPERTS);
      add(block + "ffn_gate_exps.bias", new Spread.Plain(BIAS_DEVIATION), NUM_EXPERTS, inner);
      add(block + "ffn_up_exps.bias", new Spread.Plain(BIAS_DEVIATION), NUM_EXPERTS, inner);
      add(block + "ffn_down_exps.bias", new Spread.Plain(BIAS_DEVIATION), NUM_EXPERTS, hidden);
    }
    Spread in = new Spread.Weight(deviation(1, hidden));
    add(block + "ffn_gate_exps.weight", in, NUM_EXPERTS, inner, hidden);
    add(block + "ffn_up_exps.weight", in, NUM_EXPERTS, inner, hidden);
    Spread out = new Spread.Weight(deviation(2, inner));
    add(block + "ffn_down_exps.weight", out, NUM_EXPERTS, hidden, inner);
    if (arch.equals("qwen2moe")) {
      add(block + "ffn_gate_inp_shexp.weight", new Spread.Plain(deviation(1.5f, hidden)), hidden);
    }
    if (sharedExpert()) {
      linear(block + "ffn_gate_shexp", sharedSize(), hidden, 1, 0);
      linear(block + "ffn_up_shexp", sharedSize(), hidden, 1, 0);
      linear(block + "ffn_down_shexp", hidden, sharedSize(), 1.5f, 0);
    }
  }

  private void norm(String name, int size, Spread spread) {
    add(name + ".weight", spread, size);
    if (normBiases()) {
      add(name + ".bias", new Spread.Plain(0.3f), size);
    }
  }

  private void linear(String name, int rows, int cols, float gain, float bias) {
    tensors.linear(name, rows, cols, gain, bias);
  }

  private static float deviation(float gain, int cols) {
    return RandomTensors.deviation(gain, cols);
  }

  private void add(String name, Spread spread, long... sizes) {
    tensors.add(name, spread, sizes);
  }
}
