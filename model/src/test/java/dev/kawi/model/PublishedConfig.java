package dev.kawi.model;

import dev.kawi.model.random.RandomShape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The `config.json` that a publisher would give a random model.
record PublishedConfig(RandomShape shape) {
  /// The kind of model.
  String type() {
    return switch (shape.architecture()) {
      case "llama" -> shape.has(RandomShape.Feature.EXPERTS) ? "mixtral" : "llama";
      case "chatglm1" -> "chatglm";
      case "qwen2moe" -> "qwen2_moe";
      case "qwen3moe" -> "qwen3_moe";
      case "qwen3next" -> "qwen3_next";
      case "qwen35" -> "qwen3_5_text";
      case "qwen35moe" -> "qwen3_5_moe_text";
      case "gemma3" -> "gemma3_text";
      case "command-r" -> "cohere";
      case "granitemoe" -> "granitemoeshared";
      case "gpt-oss" -> "gpt_oss";
      case "starcoder" -> "gpt_bigcode";
      case "gptneox" -> "gpt_neox";
      case "phi2" -> "phi";
      case "hunyuan-dense" -> "hunyuan_v1_dense";
      case "hunyuan-moe" -> "hunyuan_v1_moe";
      case "deepseek2" ->
          shape.has(RandomShape.Feature.SIGMOID_EXPERTS) ? "deepseek_v3" : "deepseek_v2";
      default -> shape.architecture();
    };
  }

  /// Whether this is the first ChatGLM.
  boolean isGlm1() {
    return shape.architecture().equals("chatglm1");
  }

  /// Whether there are gated delta nets.
  boolean hasDeltaNets() {
    return List.of("qwen3_next", "qwen3_5_text", "qwen3_5_moe_text").contains(type());
  }

  /// Whether norms are stored less 1.
  boolean isGemma() {
    return type().startsWith("gemma");
  }

  /// The text.
  ///
  /// @param factors lists of rope factors by their keys
  String json(Map<String, float[]> factors) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("model_type", "\"" + type() + "\"");
    sizes(keys);
    keys.put("tie_word_embeddings", shape.has(RandomShape.Feature.TIED));
    String eps =
        switch (type()) {
          case "starcoder2" -> "norm_epsilon";
          case "cohere", "cohere2", "gpt_neox", "phi", "stablelm" -> "layer_norm_eps";
          case "qwen", "codeshell", "falcon", "gpt2", "gpt_bigcode", "bloom", "mpt" ->
              "layer_norm_epsilon";
          case "chatglm" -> "layernorm_epsilon";
          default -> "rms_norm_eps";
        };
    if (!type().equals("olmo")) {
      keys.put(eps, shape.normEps());
    }
    if (writesHeadDim()) {
      keys.put("head_dim", shape.headDim());
    }
    if (type().equals("gpt_neox")) {
      keys.put("rotary_pct", shape.has(RandomShape.Feature.PARTIAL_ROPE) ? 0.75 : 1);
    } else if (shape.has(RandomShape.Feature.PARTIAL_ROPE)) {
      keys.put("partial_rotary_factor", 0.75);
    } else if (type().equals("glm4") || type().equals("stablelm")) {
      keys.put("partial_rotary_factor", 1.0);
    }
    boolean biases = shape.has(RandomShape.Feature.BIASES);
    if (type().equals("llama") || type().equals("glm4")) {
      keys.put("attention_bias", biases);
    }
    if (type().equals("llama")) {
      keys.put("mlp_bias", biases);
    }
    activation(keys);
    scaling(keys);
    if (!factors.isEmpty()) {
      longRope(keys, factors);
    }
    particulars(keys);
    StringBuilder json = new StringBuilder();
    keys.forEach((key, value) ->
        json.append(json.isEmpty() ? "{" : ",\n ").append('"' + key + "\": " + value));
    return json.append("}\n").toString();
  }

  /// Whether the publisher writes the size of a head, whatever the other sizes are.
  private boolean writesHeadDim() {
    boolean always =
        isGemma() || hasDeltaNets() || List.of("gpt_oss", "glm4", "qwen3").contains(type());
    boolean hunyuan = type().startsWith("hunyuan");
    return !shape.latent() && (always || hunyuan || shape.querySize() != shape.hiddenSize());
  }

  /// The function of the feed-forward layer by the name that each publisher has for it.
  private void activation(Map<String, Object> keys) {
    switch (type()) {
      case "gemma" -> keys.put("hidden_act", "\"gelu\""); // means the tanh form all the same
      case "gemma2", "gemma3_text" -> keys.put("hidden_activation", "\"gelu_pytorch_tanh\"");
      case "starcoder2" -> keys.put("hidden_act", "\"gelu_pytorch_tanh\"");
      case "codeshell" -> keys.put("activation_function", "\"gelu_pytorch_tanh\"");
      case "gpt2" -> keys.put("activation_function", "\"gelu_new\"");
      case "gpt_bigcode" -> keys.put("activation_function", "\"gelu_pytorch_tanh\"");
      case "gpt_neox" -> keys.put("hidden_act", "\"gelu\"");
      case "phi" -> keys.put("hidden_act", "\"gelu_new\"");
      case "bloom", "mpt" -> {}
      case "falcon" -> keys.put("activation", "\"gelu\"");
      default -> {
        if (!isGlm1()) {
          keys.put("hidden_act", "\"silu\"");
        }
      }
    }
  }

  /// Sizes under the names of each publisher.
  private void sizes(Map<String, Object> keys) {
    if (isGlm1()) {
      glm1(keys);
      return;
    }
    if (type().equals("bloom")) {
      bloomSizes(keys);
      return;
    }
    if (type().equals("mpt")) {
      mptSizes(keys);
      return;
    }
    boolean gpt = List.of("codeshell", "gpt2", "gpt_bigcode").contains(type());
    boolean glm = type().equals("chatglm");
    boolean qwen = type().equals("qwen");
    keys.put(glm ? "padded_vocab_size" : "vocab_size", shape.vocabSize());
    keys.put(gpt ? "n_embd" : "hidden_size", shape.hiddenSize());
    keys.put(
        gpt ? "n_inner" : glm || type().equals("falcon") ? "ffn_hidden_size" : "intermediate_size",
        qwen ? 2 * shape.intermediateSize() : shape.intermediateSize());
    keys.put(gpt ? "n_layer" : glm ? "num_layers" : "num_hidden_layers", shape.numLayers());
    keys.put(gpt ? "n_head" : "num_attention_heads", shape.numHeads());
    if (type().equals("falcon")) {
      keys.put("num_kv_heads", shape.numKvHeads());
    } else if (type().equals("gpt_bigcode")) {
      keys.put("multi_query", true);
    } else if (!qwen && !List.of("gpt2", "gpt_neox").contains(type())) {
      keys.put(
          gpt ? "num_query_groups" : glm ? "multi_query_group_num" : "num_key_value_heads",
          shape.latent() ? shape.numHeads() : shape.numKvHeads());
    }
    boolean sequence = glm || qwen;
    keys.put(
        gpt ? "n_positions" : sequence ? "seq_length" : "max_position_embeddings",
        shape.contextLength());
    if (glm) {
      keys.put("rope_ratio", shape.ropeTheta() / 10000);
    } else if (!type().equals("gpt2")) {
      boolean base = qwen || type().equals("gpt_neox");
      keys.put(base ? "rotary_emb_base" : "rope_theta", shape.ropeTheta());
    }
  }

  private void bloomSizes(Map<String, Object> keys) {
    keys.put("hidden_size", shape.hiddenSize());
    keys.put("n_layer", shape.numLayers());
    keys.put("n_head", shape.numHeads());
    keys.put("seq_length", shape.contextLength());
  }

  private void mptSizes(Map<String, Object> keys) {
    keys.put("d_model", shape.hiddenSize());
    keys.put("expansion_ratio", shape.intermediateSize() / shape.hiddenSize());
    keys.put("n_layers", shape.numLayers());
    keys.put("n_heads", shape.numHeads());
    keys.put("max_seq_len", shape.contextLength());
    keys.put(
        "attn_config",
        "{\"attn_type\": \"multihead_attention\", \"alibi\": true, \"alibi_bias_max\": 6, "
            + "\"clip_qkv\": 1.2, \"softmax_scale\": null}");
  }

  private void glm1(Map<String, Object> keys) {
    keys.put("hidden_size", shape.hiddenSize());
    keys.put("inner_hidden_size", shape.intermediateSize());
    keys.put("num_layers", shape.numLayers());
    keys.put("num_attention_heads", shape.numHeads());
    keys.put("max_sequence_length", shape.contextLength());
    keys.put("vocab_size", shape.vocabSize());
    keys.put("position_encoding_2d", true);
    keys.put("mask_token_id", ChatGlm1Test.MASK);
    keys.put("gmask_token_id", ChatGlm1Test.GMASK);
    keys.put("bos_token_id", ChatGlm1Test.SOP);
    keys.put("eos_token_id", ChatGlm1Test.SOP + 1);
  }

  private void scaling(Map<String, Object> keys) {
    if (shape.has(RandomShape.Feature.LINEAR_ROPE)) {
      String key = type().startsWith("gemma3") ? "rope_type" : "type";
      keys.put("rope_scaling", "{\"%s\": \"linear\", \"factor\": 2.5}".formatted(key));
    }
    if (shape.has(RandomShape.Feature.YARN_ROPE)) {
      String latent = shape.latent() ? ", \"mscale\": 0.707, \"mscale_all_dim\": 0.707" : "";
      keys.put(
          "rope_scaling",
          "{\"rope_type\": \"yarn\", \"factor\": 3.5, \"original_max_position_embeddings\": 48"
              + latent
              + "}");
    }
    if (type().equals("hunyuan_v1_dense")) {
      int size = shape.headDim();
      keys.put("rope_theta", shape.ropeTheta() / Math.pow(20, size / (size - 2.0)));
      keys.put("rope_scaling", "{\"type\": \"dynamic\", \"alpha\": 20.0, \"factor\": 1.0}");
    }
  }

  /// The factor on the turned elements is that of the random file and not the usual one.
  private void longRope(Map<String, Object> keys, Map<String, float[]> factors) {
    boolean isLong = shape.has(RandomShape.Feature.LONG_FACTORS);
    keys.put("original_max_position_embeddings", isLong ? 32 : shape.contextLength());
    StringBuilder scaling = new StringBuilder("{\"type\": \"longrope\"");
    factors.forEach(
        (key, values) -> scaling.append(", \"%s\": %s".formatted(key, Arrays.toString(values))));
    keys.put("rope_scaling", scaling.append(", \"attention_factor\": 1.27}"));
  }

  private void latentSizes(Map<String, Object> keys) {
    keys.put("q_lora_rank", 256);
    keys.put("kv_lora_rank", 256);
    keys.put("qk_nope_head_dim", shape.headDim() - shape.ropeDimensions());
    keys.put("qk_rope_head_dim", shape.ropeDimensions());
    keys.put("v_head_dim", shape.latentValueDim());
  }

  private void deepSeekExperts(Map<String, Object> keys) {
    boolean sigmoid = shape.has(RandomShape.Feature.SIGMOID_EXPERTS);
    keys.put("n_routed_experts", RandomShape.NUM_EXPERTS);
    keys.put("num_experts_per_tok", RandomShape.NUM_EXPERTS_USED);
    keys.put("moe_intermediate_size", shape.intermediateSize());
    keys.put("n_shared_experts", 2);
    keys.put("first_k_dense_replace", 1);
    keys.put("moe_layer_freq", 1);
    keys.put("routed_scaling_factor", 1.6);
    keys.put("norm_topk_prob", sigmoid);
    keys.put("scoring_func", sigmoid ? "\"sigmoid\"" : "\"softmax\"");
    keys.put("topk_method", sigmoid ? "\"noaux_tc\"" : "\"greedy\"");
    keys.put("n_group", sigmoid ? 2 : 1);
    keys.put("topk_group", 1);
  }

  private void hunyuanExperts(Map<String, Object> keys) {
    keys.put("num_experts", RandomShape.NUM_EXPERTS);
    keys.put("moe_topk", List.of(RandomShape.NUM_EXPERTS_USED, RandomShape.NUM_EXPERTS_USED));
    keys.put("num_shared_expert", List.of(1, 1));
    keys.put("moe_intermediate_size", List.of(shape.intermediateSize(), shape.intermediateSize()));
    keys.put("intermediate_size", 2 * shape.intermediateSize());
  }

  private void usualExperts(Map<String, Object> keys) {
    boolean local = List.of("mixtral", "granitemoeshared", "gpt_oss").contains(type());
    keys.put(local ? "num_local_experts" : "num_experts", RandomShape.NUM_EXPERTS);
    keys.put("num_experts_per_tok", RandomShape.NUM_EXPERTS_USED);
    if (!local) {
      keys.put("moe_intermediate_size", shape.intermediateSize());
    }
    if (type().equals("qwen2_moe")) {
      keys.put("shared_expert_intermediate_size", 2 * shape.intermediateSize());
    }
    if (type().equals("granitemoeshared")) {
      keys.put("shared_intermediate_size", 2 * shape.intermediateSize());
    }
    if (type().equals("qwen3_moe")) {
      keys.put("norm_topk_prob", true);
    }
    if (hasDeltaNets()) {
      keys.put("shared_expert_intermediate_size", 2 * shape.intermediateSize());
    }
  }

  /// Two value heads for a key head, together twice as wide as the model. Qwen 3.5 says of each
  /// layer what it has, and has all of its rope in one object.
  private void deltaNets(Map<String, Object> keys) {
    int headDim = shape.headDim() / 2;
    keys.put("linear_conv_kernel_dim", 4);
    keys.put("linear_key_head_dim", headDim);
    keys.put("linear_value_head_dim", headDim);
    keys.put("linear_num_key_heads", shape.hiddenSize() / headDim);
    keys.put("linear_num_value_heads", 2 * shape.hiddenSize() / headDim);
    if (type().equals("qwen3_next")) {
      keys.put("full_attention_interval", 4);
      keys.put("partial_rotary_factor", 0.25);
      return;
    }
    if (type().equals("qwen3_5_moe_text")) {
      keys.remove("intermediate_size");
    }
    keys.put("attn_output_gate", true);
    keys.put("layer_types", kindsOfLayers("linear_attention", 4));
    keys.remove("rope_theta");
    keys.put(
        "rope_parameters",
        "{\"rope_type\": \"default\", \"rope_theta\": %s, \"partial_rotary_factor\": 0.25, \"mrope_section\": [3, 3, 2], \"mrope_interleaved\": true}"
            .formatted(shape.ropeTheta()));
  }

  private void experts(Map<String, Object> keys) {
    switch (type()) {
      case "deepseek", "deepseek_v2", "deepseek_v3" -> deepSeekExperts(keys);
      case "hunyuan_v1_moe" -> hunyuanExperts(keys);
      default -> usualExperts(keys);
    }
  }

  private void particulars(Map<String, Object> keys) {
    if (shape.has(RandomShape.Feature.EXPERTS)) {
      experts(keys);
    }
    if (shape.latent()) {
      latentSizes(keys);
    }
    switch (type()) {
      case "qwen3_next", "qwen3_5_text", "qwen3_5_moe_text" -> deltaNets(keys);
      case "gemma2" -> {
        keys.put("query_pre_attn_scalar", queryScalar());
        keys.put("sliding_window", 16);
        keys.put("attn_logit_softcapping", 2.5);
        keys.put("final_logit_softcapping", 12.5);
      }
      case "gemma3_text" -> {
        keys.put("query_pre_attn_scalar", queryScalar());
        keys.put("sliding_window", 16);
        keys.put("sliding_window_pattern", 6);
        keys.put("rope_local_base_freq", 10000.0);
      }
      case "cohere" -> {
        keys.put("logit_scale", 0.9);
        keys.put("use_qk_norm", shape.has(RandomShape.Feature.HEAD_NORMS));
      }
      case "gpt_neox" -> keys.put("use_parallel_residual", shape.has(RandomShape.Feature.PARALLEL));
      case "stablelm" -> {
        keys.put("use_parallel_residual", shape.has(RandomShape.Feature.PARALLEL));
        keys.put("qk_layernorm", shape.has(RandomShape.Feature.HEAD_NORMS));
        keys.put("use_qkv_bias", shape.has(RandomShape.Feature.BIASES));
      }
      case "olmo" -> keys.put("clip_qkv", 1.1);
      case "minicpm3" -> {
        keys.put("scale_emb", 12);
        keys.put("scale_depth", 1.4);
        keys.put("dim_model_base", 256);
      }
      case "cohere2" -> {
        keys.put("logit_scale", 0.9);
        keys.put("sliding_window", 16);
      }
      case "minicpm" -> {
        keys.put("scale_emb", 1.7);
        keys.put("scale_depth", 0.6 * Math.sqrt(shape.numLayers()));
        keys.put("dim_model_base", 320); // the hidden size, 256, divided by 0.8
      }
      case "gpt_oss" -> {
        keys.putIfAbsent("rope_scaling", "{\"rope_type\": \"default\"}");
        keys.put("sliding_window", 16);
        keys.put("swiglu_limit", 7.0);
        keys.put("layer_types", kindsOfLayers("sliding_attention", 2));
        keys.put("quantization_config", "{\"quant_method\": \"mxfp4\"}");
      }
      case "falcon" -> {
        keys.put("new_decoder_architecture", shape.has(RandomShape.Feature.TWO_NORMS));
        keys.put("multi_query", true);
        keys.put("parallel_attn", true);
        keys.put("alibi", false);
      }
      case "granite", "granitemoeshared" -> {
        keys.put("embedding_multiplier", 1.7);
        keys.put("residual_multiplier", 0.6);
        keys.put("attention_multiplier", 0.11);
        keys.put("logits_scaling", 1.3);
      }
      default -> {}
    }
  }

  /// The number by whose root Gemma divides scores: the size of a head, but hiddenSize / numHeads
  /// in its largest models, which have these numbers of layers.
  private int queryScalar() {
    boolean largest = List.of(46, 62).contains(shape.numLayers());
    return largest ? shape.hiddenSize() / shape.numHeads() : shape.headDim();
  }

  /// Each `every`-th layer has attention to everything, the others this kind.
  private List<String> kindsOfLayers(String kind, int every) {
    return java.util.stream.IntStream.range(0, shape.numLayers())
        .mapToObj(i -> (i + 1) % every == 0 ? "\"full_attention\"" : '"' + kind + '"')
        .toList();
  }
}
