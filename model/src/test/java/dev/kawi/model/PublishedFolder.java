package dev.kawi.model;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

// How it works. The way back of what llama.cpp's conversion scripts do to published weights: the
// names of Hugging Face transformers, heads of halves where GGUF has neighbours, norms less 1, an
// expert a tensor. Written from those scripts, and not with the tables that it tests.

/// Writes a random GGUF model as its publisher would have: `config.json` and safetensors in two
/// files with an index.
final class PublishedFolder {
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d+)\\.(.+)\\.(weight|bias)");

  private final RandomShape shape;
  private final Map<String, Written> tensors = new LinkedHashMap<>();

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Written(List<Long> shape, float[] values) {}

  private PublishedFolder(RandomShape shape) {
    this.shape = shape;
  }

  /// Writes the model into a new folder.
  static Path write(RandomModel model, Path gguf, Path folder) throws IOException {
    Files.createDirectories(folder);
    PublishedFolder published = new PublishedFolder(model.shape());
    try (GgufFile file = GgufFile.open(gguf)) {
      for (TensorInfo info : file.tensors()) {
        MemorySegment data = file.data(info);
        float[] values = data.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        published.add(info, values);
      }
    }
    published.writeTensors(folder);
    Files.writeString(folder.resolve("config.json"), published.config());
    return folder;
  }

  // ---- tensors ----

  private String type() {
    return switch (shape.architecture()) {
      case "llama" -> shape.has(RandomShape.Feature.EXPERTS) ? "mixtral" : "llama";
      case "qwen2moe" -> "qwen2_moe";
      case "qwen3moe" -> "qwen3_moe";
      case "gemma3" -> "gemma3_text";
      case "command-r" -> "cohere";
      case "hunyuan-dense" -> "hunyuan_v1_dense";
      case "hunyuan-moe" -> "hunyuan_v1_moe";
      case "deepseek2" ->
          shape.has(RandomShape.Feature.SIGMOID_EXPERTS) ? "deepseek_v3" : "deepseek_v2";
      default -> shape.architecture();
    };
  }

  /// Embedding, norm, head and layers, by the way of naming.
  private static final Map<String, List<String>> OUTSIDE =
      Map.of(
          "llama",
          List.of("model.embed_tokens.weight", "model.norm", "lm_head.weight", "model.layers."),
          "gpt",
          List.of("transformer.wte.weight", "transformer.ln_f", "lm_head.weight", "transformer.h."),
          "glm",
          List.of(
              "transformer.embedding.word_embeddings.weight",
              "transformer.encoder.final_layernorm",
              "transformer.output_layer.weight",
              "transformer.encoder.layers."));

  private String outside(int which) {
    return Objects.requireNonNull(OUTSIDE.get(style())).get(which);
  }

  private String style() {
    return switch (type()) {
      case "qwen", "codeshell" -> "gpt";
      case "chatglm" -> "glm";
      default -> "llama";
    };
  }

  private boolean hasHalves() {
    return List.of(
            "llama",
            "mixtral",
            "granite",
            "granitemoeshared",
            "smollm3",
            "minicpm",
            "baichuan",
            "deepseek",
            "internlm2")
        .contains(type());
  }

  private boolean isGemma() {
    return type().startsWith("gemma");
  }

  private void add(TensorInfo info, float[] values) {
    switch (info.name()) {
      case "token_embd.weight" -> put(outside(0), info.shape(), values);
      case "output_norm.weight" -> put(outside(1) + ".weight", info.shape(), norm(values));
      case "output_norm.bias" -> put(outside(1) + ".bias", info.shape(), values);
      case "output.weight" -> put(outside(2), info.shape(), values);
      default -> {
        Matcher layer = LAYER.matcher(info.name());
        if (!layer.matches()) {
          throw new IllegalArgumentException("no published name for " + info.name());
        }
        String prefix = outside(3) + layer.group(1) + ".";
        inLayer(prefix, layer.group(2), "." + layer.group(3), info, values);
      }
    }
  }

  private void inLayer(String prefix, String name, String suffix, TensorInfo info, float[] values) {
    if (name.equals("attn_k_b") || name.equals("attn_v_b")) {
      latent(prefix, name, info, values);
      return;
    }
    if (name.equals("exp_probs_b")) {
      put(prefix + "mlp.gate.e_score_correction_bias", info.shape(), values);
      return;
    }
    if (name.endsWith("_exps")) {
      experts(prefix, name, info, values);
      return;
    }
    float[] published = name.endsWith("norm") && suffix.equals(".weight") ? norm(values) : values;
    List<Long> sizes = info.shape();
    if (hasHalves() && (name.equals("attn_q") || name.equals("attn_k"))) {
      int heads = name.equals("attn_q") ? shape.numHeads() : shape.numKvHeads();
      published = halves(values, heads, sizes.size() == 2 ? info.cols() : 1);
    }
    if (name.equals("ffn_gate_inp_shexp")) {
      sizes = List.of(1L, sizes.getFirst());
    }
    if (type().equals("baichuan") && List.of("attn_q", "attn_k", "attn_v").contains(name)) {
      append(prefix + "self_attn.W_pack" + suffix, sizes, published);
      return;
    }
    put(prefix + published(name) + suffix, sizes, published);
  }

  /// Adds rows to a tensor.
  private void append(String name, List<Long> sizes, float[] values) {
    Written before = tensors.getOrDefault(name, new Written(List.of(0L), new float[0]));
    float[] all = java.util.Arrays.copyOf(before.values(), before.values().length + values.length);
    System.arraycopy(values, 0, all, before.values().length, values.length);
    List<Long> whole = new ArrayList<>(sizes);
    whole.set(0, before.shape().getFirst() + sizes.getFirst());
    put(name, whole, all);
  }

  /// Keys and values of a head in rows one after the other. Keys come first in the file.
  private void latent(String prefix, String name, TensorInfo info, float[] values) {
    boolean keys = name.equals("attn_k_b");
    int heads = shape.numHeads();
    int plain = shape.headDim() - shape.ropeDimensions();
    int value = shape.latentValueDim();
    int latent = Math.toIntExact(keys ? info.shape().get(1) : info.shape().get(2));
    String both = prefix + "self_attn.kv_b_proj.weight";
    float[] rows =
        tensors
            .getOrDefault(both, new Written(List.of(), new float[heads * (plain + value) * latent]))
            .values();
    int own = keys ? plain : value;
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < own; i++) {
        int row = h * (plain + value) + (keys ? i : plain + i);
        for (int c = 0; c < latent; c++) {
          rows[row * latent + c] =
              values[keys ? (h * latent + c) * plain + i : (h * value + i) * latent + c];
        }
      }
    }
    put(both, List.of((long) heads * (plain + value), (long) latent), rows);
  }

  private void experts(String prefix, String name, TensorInfo info, float[] values) {
    boolean mixtral = type().equals("mixtral");
    String matrix =
        switch (name) {
          case "ffn_gate_exps" -> mixtral ? "w1" : "gate_proj";
          case "ffn_up_exps" -> mixtral ? "w3" : "up_proj";
          default -> mixtral ? "w2" : "down_proj";
        };
    String module = mixtral ? "block_sparse_moe" : "mlp";
    List<Long> sizes = info.shape().subList(1, 3);
    int size = Math.toIntExact(sizes.get(0) * sizes.get(1));
    for (int e = 0; e < info.shape().getFirst(); e++) {
      float[] one = java.util.Arrays.copyOfRange(values, e * size, (e + 1) * size);
      put(prefix + module + ".experts." + e + "." + matrix + ".weight", sizes, one);
    }
  }

  private String published(String name) {
    return switch (style()) {
      case "gpt" -> gptName(name);
      case "glm" -> glmName(name);
      default -> llamaName(name);
    };
  }

  private String gptName(String name) {
    boolean qwen = type().equals("qwen");
    return switch (name) {
      case "attn_norm" -> "ln_1";
      case "attn_qkv" -> "attn.c_attn";
      case "attn_output" -> "attn.c_proj";
      case "ffn_norm" -> "ln_2";
      case "ffn_gate" -> "mlp.w2";
      case "ffn_up" -> qwen ? "mlp.w1" : "mlp.c_fc";
      case "ffn_down" -> "mlp.c_proj";
      default -> throw new IllegalArgumentException("no published name for " + name);
    };
  }

  private static String glmName(String name) {
    return switch (name) {
      case "attn_norm" -> "input_layernorm";
      case "attn_qkv" -> "self_attention.query_key_value";
      case "attn_output" -> "self_attention.dense";
      case "ffn_norm" -> "post_attention_layernorm";
      case "ffn_up" -> "mlp.dense_h_to_4h";
      case "ffn_down" -> "mlp.dense_4h_to_h";
      default -> throw new IllegalArgumentException("no published name for " + name);
    };
  }

  private String llamaName(String name) {
    boolean four = type().equals("gemma2") || type().equals("gemma3_text");
    boolean fused = type().equals("phi3") || type().equals("glm4");
    boolean starcoder = type().equals("starcoder2");
    boolean hunyuan = type().startsWith("hunyuan");
    return switch (name) {
      case "attn_norm" -> "input_layernorm";
      case "attn_q", "attn_k", "attn_v" -> "self_attn." + name.charAt(5) + "_proj";
      case "attn_qkv" -> "self_attn.qkv_proj";
      case "attn_output" -> "self_attn.o_proj";
      case "attn_q_norm" -> hunyuan ? "self_attn.query_layernorm" : "self_attn.q_norm";
      case "attn_k_norm" -> hunyuan ? "self_attn.key_layernorm" : "self_attn.k_norm";
      case "attn_q_a" -> "self_attn.q_a_proj";
      case "attn_q_a_norm" -> "self_attn.q_a_layernorm";
      case "attn_q_b" -> "self_attn.q_b_proj";
      case "attn_kv_a_mqa" -> "self_attn.kv_a_proj_with_mqa";
      case "attn_kv_a_norm" -> "self_attn.kv_a_layernorm";
      case "attn_kv_b" -> "self_attn.kv_b_proj";
      case "post_attention_norm" ->
          type().equals("glm4") ? "post_self_attn_layernorm" : "post_attention_layernorm";
      case "ffn_norm" -> four ? "pre_feedforward_layernorm" : "post_attention_layernorm";
      case "post_ffw_norm" ->
          type().equals("glm4") ? "post_mlp_layernorm" : "post_feedforward_layernorm";
      case "ffn_gate" -> "mlp.gate_proj";
      case "ffn_up" -> fused ? "mlp.gate_up_proj" : starcoder ? "mlp.c_fc" : "mlp.up_proj";
      case "ffn_down" -> starcoder ? "mlp.c_proj" : "mlp.down_proj";
      case "ffn_gate_inp" ->
          type().equals("mixtral") ? "block_sparse_moe.gate" : hunyuan ? "mlp.gate.wg" : "mlp.gate";
      case "ffn_gate_shexp" -> shared() + "gate_proj";
      case "ffn_up_shexp" -> shared() + "up_proj";
      case "ffn_down_shexp" -> shared() + "down_proj";
      case "ffn_gate_inp_shexp" -> "mlp.shared_expert_gate";
      default -> throw new IllegalArgumentException("no published name for " + name);
    };
  }

  private String shared() {
    return switch (type()) {
      case "hunyuan_v1_moe" -> "mlp.shared_mlp.";
      case "deepseek", "deepseek_v2", "deepseek_v3" -> "mlp.shared_experts.";
      default -> "mlp.shared_expert.";
    };
  }

  private float[] norm(float[] values) {
    float[] published = values.clone();
    for (int i = 0; isGemma() && i < published.length; i++) {
      published[i] -= 1;
    }
    return published;
  }

  /// Rows of each head from neighbours (2i, 2i + 1) to halves (i, i + size / 2).
  private static float[] halves(float[] values, int heads, int cols) {
    int size = values.length / cols / heads;
    float[] published = new float[values.length];
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < size; i++) {
        int from = head * size + i;
        int to = head * size + i % 2 * (size / 2) + i / 2;
        System.arraycopy(values, from * cols, published, to * cols, cols);
      }
    }
    return published;
  }

  private void put(String name, List<Long> sizes, float[] values) {
    tensors.put(name, new Written(sizes, values));
  }

  private void writeTensors(Path folder) throws IOException {
    List<String> names = new ArrayList<>(tensors.keySet());
    int half = names.size() / 2;
    StringBuilder map = new StringBuilder();
    for (int part = 0; part < 2; part++) {
      String file = "model-0000" + (part + 1) + "-of-00002.safetensors";
      List<String> own = part == 0 ? names.subList(0, half) : names.subList(half, names.size());
      write(folder.resolve(file), own);
      own.forEach(name -> map.append(map.isEmpty() ? "" : ",").append(quoted(name, file)));
    }
    Files.writeString(
        folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
  }

  private static String quoted(String key, String value) {
    return "\"%s\":\"%s\"".formatted(key, value);
  }

  private void write(Path file, List<String> names) throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
    long at = 0;
    for (String name : names) {
      long end = at + 4L * tensors.get(name).values().length;
      header.append(
          ",\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(name, tensors.get(name).shape(), at, end));
      at = end;
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      out.write(text);
      for (String name : names) {
        float[] values = tensors.get(name).values();
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        out.write(bytes.array());
      }
    }
  }

  // ---- config.json ----

  private String config() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("model_type", "\"" + type() + "\"");
    sizes(keys);
    keys.put("tie_word_embeddings", shape.has(RandomShape.Feature.TIED));
    String eps =
        switch (type()) {
          case "starcoder2" -> "norm_epsilon";
          case "cohere", "cohere2" -> "layer_norm_eps";
          case "qwen", "codeshell" -> "layer_norm_epsilon";
          case "chatglm" -> "layernorm_epsilon";
          default -> "rms_norm_eps";
        };
    keys.put(eps, shape.normEps());
    if (shape.querySize() != shape.hiddenSize() && !shape.latent()) {
      keys.put("head_dim", shape.headDim());
    }
    if (shape.has(RandomShape.Feature.PARTIAL_ROPE)) {
      keys.put("partial_rotary_factor", 0.75);
    }
    boolean gelu = isGemma() || List.of("starcoder2", "codeshell").contains(type());
    String activation = type().equals("codeshell") ? "activation_function" : "hidden_act";
    keys.put(activation, gelu ? "\"gelu_pytorch_tanh\"" : "\"silu\"");
    scaling(keys);
    particulars(keys);
    StringBuilder json = new StringBuilder();
    keys.forEach((key, value) ->
        json.append(json.isEmpty() ? "{" : ",\n ").append('"' + key + "\": " + value));
    return json.append("}\n").toString();
  }

  /// Sizes under the names of each publisher.
  private void sizes(Map<String, Object> keys) {
    boolean gpt = type().equals("codeshell");
    boolean glm = type().equals("chatglm");
    boolean qwen = type().equals("qwen");
    keys.put(gpt ? "n_embd" : "hidden_size", shape.hiddenSize());
    keys.put(
        gpt ? "n_inner" : glm ? "ffn_hidden_size" : "intermediate_size",
        qwen ? 2 * shape.intermediateSize() : shape.intermediateSize());
    keys.put(gpt ? "n_layer" : glm ? "num_layers" : "num_hidden_layers", shape.numLayers());
    keys.put(gpt ? "n_head" : "num_attention_heads", shape.numHeads());
    if (!qwen) {
      keys.put(
          gpt ? "num_query_groups" : glm ? "multi_query_group_num" : "num_key_value_heads",
          shape.numKvHeads());
    }
    boolean sequence = glm || qwen;
    keys.put(
        gpt ? "n_positions" : sequence ? "seq_length" : "max_position_embeddings",
        shape.contextLength());
    if (glm) {
      keys.put("rope_ratio", shape.ropeTheta() / 10000);
    } else {
      keys.put(qwen ? "rotary_emb_base" : "rope_theta", shape.ropeTheta());
    }
  }

  private void scaling(Map<String, Object> keys) {
    if (shape.has(RandomShape.Feature.LINEAR_ROPE)) {
      keys.put("rope_scaling", "{\"type\": \"linear\", \"factor\": 2.5}");
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

  private void latentSizes(Map<String, Object> keys) {
    keys.put("q_lora_rank", 256);
    keys.put("kv_lora_rank", 256);
    keys.put("qk_nope_head_dim", shape.headDim() - shape.ropeDimensions());
    keys.put("qk_rope_head_dim", shape.ropeDimensions());
    keys.put("v_head_dim", shape.latentValueDim());
  }

  private void deepSeekExperts(Map<String, Object> keys) {
    boolean sigmoid = shape.has(RandomShape.Feature.SIGMOID_EXPERTS);
    keys.put("n_routed_experts", RandomLayout.NUM_EXPERTS);
    keys.put("num_experts_per_tok", RandomLayout.NUM_EXPERTS_USED);
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
    keys.put("num_experts", RandomLayout.NUM_EXPERTS);
    keys.put("moe_topk", List.of(RandomLayout.NUM_EXPERTS_USED, RandomLayout.NUM_EXPERTS_USED));
    keys.put("num_shared_expert", List.of(1, 1));
    keys.put("moe_intermediate_size", List.of(shape.intermediateSize(), shape.intermediateSize()));
    keys.put("intermediate_size", 2 * shape.intermediateSize());
  }

  private void usualExperts(Map<String, Object> keys) {
    boolean mixtral = type().equals("mixtral");
    keys.put(mixtral ? "num_local_experts" : "num_experts", RandomLayout.NUM_EXPERTS);
    keys.put("num_experts_per_tok", RandomLayout.NUM_EXPERTS_USED);
    if (!mixtral) {
      keys.put("moe_intermediate_size", shape.intermediateSize());
    }
    if (type().equals("qwen2_moe")) {
      keys.put("shared_expert_intermediate_size", 2 * shape.intermediateSize());
    }
    if (type().equals("qwen3_moe")) {
      keys.put("norm_topk_prob", true);
    }
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
      case "gemma2" -> {
        keys.put("sliding_window", 16);
        keys.put("attn_logit_softcapping", 2.5);
        keys.put("final_logit_softcapping", 12.5);
      }
      case "gemma3_text" -> keys.put("sliding_window", 16);
      case "cohere" -> {
        keys.put("logit_scale", 0.9);
        keys.put("use_qk_norm", shape.has(RandomShape.Feature.HEAD_NORMS));
      }
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
      case "granite" -> {
        keys.put("embedding_multiplier", 1.7);
        keys.put("residual_multiplier", 0.6);
        keys.put("attention_multiplier", 0.11);
        keys.put("logits_scaling", 1.3);
      }
      default -> {}
    }
  }
}
