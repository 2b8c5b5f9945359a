package dev.kawi.model;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d+)\\.(.+?)(?:\\.(weight|bias))?");

  private final RandomShape shape;
  private final PublishedConfig config;
  private final Map<String, Written> tensors = new LinkedHashMap<>();

  /// Long and short rope factors, which publishers have in the configuration.
  private final Map<String, float[]> factors = new LinkedHashMap<>();

  private PublishedFolder(RandomShape shape) {
    this.shape = shape;
    this.config = new PublishedConfig(shape);
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
    Files.writeString(folder.resolve("config.json"), published.config.json(published.factors));
    return folder;
  }

  // ---- tensors ----

  private String type() {
    return config.type();
  }

  /// Embedding, norm, head and layers, by the way of naming.
  private static final Map<String, List<String>> OUTSIDE =
      Map.of(
          "llama",
          List.of("model.embed_tokens.weight", "model.norm", "lm_head.weight", "model.layers."),
          "gpt",
          List.of("transformer.wte.weight", "transformer.ln_f", "lm_head.weight", "transformer.h."),
          "gpt2",
          List.of("wte.weight", "ln_f", "lm_head.weight", "h."),
          "internlm2",
          List.of("model.tok_embeddings.weight", "model.norm", "output.weight", "model.layers."),
          "falcon",
          List.of(
              "transformer.word_embeddings.weight",
              "transformer.ln_f",
              "lm_head.weight",
              "transformer.h."),
          "glm",
          List.of(
              "transformer.embedding.word_embeddings.weight",
              "transformer.encoder.final_layernorm",
              "transformer.output_layer.weight",
              "transformer.encoder.layers."),
          "glm1",
          List.of(
              "transformer.word_embeddings.weight",
              "transformer.final_layernorm",
              "lm_head.weight",
              "transformer.layers."));

  private static final Map<String, List<String>> OUTSIDE_OF_OLDER =
      Map.of(
          "gpt_neox",
          List.of(
              "gpt_neox.embed_in.weight",
              "gpt_neox.final_layer_norm",
              "embed_out.weight",
              "gpt_neox.layers."),
          "mpt",
          List.of(
              "transformer.wte.weight",
              "transformer.norm_f",
              "lm_head.weight",
              "transformer.blocks."),
          "phi",
          List.of(
              "model.embed_tokens.weight",
              "model.final_layernorm",
              "lm_head.weight",
              "model.layers."));

  private String outside(int which) {
    List<String> older = OUTSIDE_OF_OLDER.get(type());
    return (older != null ? older : Objects.requireNonNull(OUTSIDE.get(style()))).get(which);
  }

  private String style() {
    return switch (type()) {
      case "qwen", "codeshell", "gpt_bigcode" -> "gpt";
      case "bloom" -> "falcon";
      case "chatglm" -> config.isGlm1() ? "glm1" : "glm";
      case "gpt2", "internlm2", "falcon" -> type();
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
            "olmo",
            "internlm2")
        .contains(type());
  }

  private void add(TensorInfo info, float[] values) {
    switch (info.name()) {
      case "token_embd.weight" -> put(outside(0), info.shape(), values);
      case "output_norm.weight" -> put(outside(1) + ".weight", info.shape(), norm(values));
      case "output_norm.bias" -> put(outside(1) + ".bias", info.shape(), values);
      case "position_embd.weight" ->
          put((type().equals("gpt2") ? "" : "transformer.") + "wpe.weight", info.shape(), values);
      case "token_embd_norm.weight" ->
          put("transformer.word_embeddings_layernorm.weight", info.shape(), values);
      case "token_embd_norm.bias" ->
          put("transformer.word_embeddings_layernorm.bias", info.shape(), values);
      case "output.bias" -> put("lm_head.bias", info.shape(), values);
      case "output.weight" -> put(outside(2), info.shape(), values);
      case "rope_factors_long.weight" -> factors.put("long_factor", values);
      case "rope_factors_short.weight" -> factors.put("short_factor", values);
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

  private void deltaNet(String prefix, String name, TensorInfo info, float[] values) {
    PublishedDeltaNet net = PublishedDeltaNet.of(shape);
    String qkv = prefix + "linear_attn.in_proj_qkv.weight";
    Written before = tensors.getOrDefault(qkv, new Written(List.of(), new float[0]));
    PublishedDeltaNet.Published published = net.of(name, info, values, before.values());
    put(prefix + published.name(), published.shape(), published.values());
    if (published.name().contains("qkvz")) {
      tensors.remove(qkv);
    }
  }

  private void inLayer(String prefix, String name, String suffix, TensorInfo info, float[] values) {
    if (config.hasDeltaNets() && PublishedDeltaNet.has(name)) {
      deltaNet(prefix, name, info, values);
      return;
    }
    if (name.endsWith("_exps") && type().equals("qwen3_5_moe_text")) {
      joined(prefix + "mlp.experts.", List.of("gate_up_proj", "down_proj"), name, info, values);
      return;
    }
    if (name.equals("attn_k_b") || name.equals("attn_v_b")) {
      latent(prefix, name, info, values);
      return;
    }
    if (name.equals("exp_probs_b")) {
      put(prefix + "mlp.gate.e_score_correction_bias", info.shape(), values);
      return;
    }
    if (name.endsWith("_exps") && type().equals("gpt_oss")) {
      taking(prefix + "mlp.experts.", name, suffix, info, values);
      return;
    }
    if (name.endsWith("_exps") && type().equals("granitemoeshared")) {
      joined(
          prefix + "block_sparse_moe.",
          List.of("input_linear.weight", "output_linear.weight"),
          name,
          info,
          values);
      return;
    }
    if (type().equals("stablelm") && name.matches("attn_[qk]_norm")) {
      normOfEachHead(prefix + "self_attn.%s_layernorm.norms.".formatted(name.charAt(5)), values);
      return;
    }
    if (name.equals("attn_sinks")) {
      put(prefix + "self_attn.sinks", info.shape(), values);
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
    if (type().equals("granitemoeshared")
        && List.of("ffn_gate_shexp", "ffn_up_shexp").contains(name)) {
      append(prefix + "shared_mlp.input_linear" + suffix, sizes, published);
      return;
    }
    if (type().equals("internlm2") && List.of("attn_q", "attn_k", "attn_v").contains(name)) {
      append(prefix + "attention.wqkv" + suffix, sizes, published);
      if (name.equals("attn_v")) {
        group(prefix + "attention.wqkv" + suffix);
      }
      return;
    }
    if (type().equals("gpt2") && sizes.size() == 2) {
      published = transposed(published, 0, info.rows(), info.cols());
      sizes = sizes.reversed();
    }
    put(prefix + published(name) + suffix, sizes, published);
    boolean grouped = config.isGlm1() || List.of("falcon", "bloom", "gpt_neox").contains(type());
    if (grouped && name.equals("attn_qkv")) {
      group(prefix + published(name) + suffix);
    }
    if (type().equals("gpt2") && name.equals("attn_qkv")) {
      put(prefix + "attn.bias", List.of(1L, 1L, 4L, 4L), new float[16]); // a mask
    }
  }

  private void normOfEachHead(String prefix, float[] values) {
    int size = shape.headDim();
    for (int head = 0; head * size < values.length; head++) {
      put(
          prefix + head + ".weight",
          List.of((long) size),
          java.util.Arrays.copyOfRange(values, head * size, (head + 1) * size));
    }
  }

  /// All queries, all keys, all values to those of one key-value head after those of another.
  private void group(String name) {
    Written all = tensors.get(name);
    int kv = shape.numKvHeads();
    int group = shape.numHeads() / kv;
    int head = all.values().length / (shape.numHeads() + 2 * kv);
    float[] grouped = new float[all.values().length];
    for (int g = 0, to = 0; g < kv; g++) {
      for (int h = 0; h < group + 2; h++, to++) {
        int from = h < group ? g * group + h : shape.numHeads() + (h == group ? g : kv + g);
        System.arraycopy(all.values(), from * head, grouped, to * head, head);
      }
    }
    put(name, all.shape(), grouped);
  }

  /// [rows, cols] from some element on, as [cols, rows].
  private static float[] transposed(float[] values, int from, int rows, int cols) {
    float[] turned = new float[rows * cols];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        turned[c * rows + r] = values[from + r * cols + c];
      }
    }
    return turned;
  }

  /// Gates and then ups of each expert in one matrix. Gates come first in the file.
  private void joined(
      String prefix, List<String> names, String name, TensorInfo info, float[] values) {
    if (name.equals("ffn_down_exps")) {
      put(prefix + names.getLast(), info.shape(), values);
      return;
    }
    List<Long> sizes = info.shape();
    List<Long> both = List.of(sizes.get(0), 2 * sizes.get(1), sizes.get(2));
    int expert = Math.toIntExact(sizes.get(1) * sizes.get(2));
    float[] all = room(prefix + names.getFirst(), both, 2 * values.length);
    for (int e = 0; e < sizes.getFirst(); e++) {
      int to = 2 * e * expert + (name.equals("ffn_gate_exps") ? 0 : expert);
      System.arraycopy(values, e * expert, all, to, expert);
    }
  }

  /// The values of a tensor that several of GGUF's go into.
  private float[] room(String name, List<Long> sizes, int length) {
    return tensors.computeIfAbsent(name, n -> new Written(sizes, new float[length])).values();
  }

  /// Gates and ups take turns, and matrices are [inputs, outputs].
  private void taking(String prefix, String name, String suffix, TensorInfo info, float[] values) {
    boolean bias = suffix.equals(".bias");
    boolean down = name.equals("ffn_down_exps");
    int experts = Math.toIntExact(info.shape().getFirst());
    int outputs = Math.toIntExact(info.shape().get(1));
    int inputs = bias ? 1 : info.cols();
    int step = down ? 1 : 2;
    String published = prefix + (down ? "down_proj" : "gate_up_proj") + (bias ? "_bias" : "");
    List<Long> sizes =
        bias
            ? List.of((long) experts, (long) outputs * step)
            : List.of((long) experts, (long) inputs, (long) outputs * step);
    float[] all = room(published, sizes, values.length * step);
    int first = name.equals("ffn_up_exps") ? 1 : 0;
    for (int e = 0; e < experts; e++) {
      for (int out = 0; out < outputs; out++) {
        for (int in = 0; in < inputs; in++) {
          all[((e * inputs + in) * outputs + out) * step + first] =
              values[(e * outputs + out) * inputs + in];
        }
      }
    }
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
    switch (type()) {
      case "gpt_neox" -> {
        return glmName(name).replace("self_attention.", "attention.");
      }
      case "mpt" -> {
        return mptName(name);
      }
      case "phi" -> {
        return phiName(name);
      }
      default -> {}
    }
    return switch (style()) {
      case "gpt", "gpt2" -> gptName(name);
      case "glm" -> glmName(name);
      case "glm1" -> glmName(name).replace("self_attention.", "attention.");
      case "falcon" -> falconName(name);
      case "internlm2" -> internLm2Name(name);
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

  private String falconName(String name) {
    boolean two = shape.has(RandomShape.Feature.TWO_NORMS);
    return switch (name) {
      case "attn_norm" -> two ? "ln_mlp" : "input_layernorm";
      case "attn_norm_2" -> "ln_attn";
      default -> glmName(name);
    };
  }

  private static String mptName(String name) {
    return switch (name) {
      case "attn_norm" -> "norm_1";
      case "attn_qkv" -> "attn.Wqkv";
      case "attn_output" -> "attn.out_proj";
      case "ffn_norm" -> "norm_2";
      case "ffn_up" -> "ffn.up_proj";
      case "ffn_down" -> "ffn.down_proj";
      default -> throw new IllegalArgumentException("no published name for " + name);
    };
  }

  private String phiName(String name) {
    return switch (name) {
      case "attn_output" -> "self_attn.dense";
      case "ffn_up" -> "mlp.fc1";
      case "ffn_down" -> "mlp.fc2";
      default -> llamaName(name);
    };
  }

  private static String internLm2Name(String name) {
    return switch (name) {
      case "attn_norm" -> "attention_norm";
      case "attn_output" -> "attention.wo";
      case "ffn_norm" -> "ffn_norm";
      case "ffn_gate" -> "feed_forward.w1";
      case "ffn_up" -> "feed_forward.w3";
      case "ffn_down" -> "feed_forward.w2";
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
    boolean granite = type().equals("granitemoeshared");
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
      case "ffn_gate_inp" -> router();
      case "ffn_gate_shexp" -> shared() + "gate_proj";
      case "ffn_up_shexp" -> shared() + "up_proj";
      case "ffn_down_shexp" -> granite ? "shared_mlp.output_linear" : shared() + "down_proj";
      case "ffn_gate_inp_shexp" -> "mlp.shared_expert_gate";
      default -> throw new IllegalArgumentException("no published name for " + name);
    };
  }

  private String router() {
    return switch (type()) {
      case "mixtral" -> "block_sparse_moe.gate";
      case "granitemoeshared" -> "block_sparse_moe.router.layer";
      case "hunyuan_v1_moe" -> "mlp.gate.wg";
      case "gpt_oss" -> "mlp.router";
      default -> "mlp.gate";
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
    boolean lessOne = config.isGemma() || config.hasDeltaNets();
    for (int i = 0; lessOne && i < published.length; i++) {
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
      Map<String, Written> ofPart = new LinkedHashMap<>();
      own.forEach(name -> ofPart.put(name, tensors.get(name)));
      Written.write(folder.resolve(file), ofPart);
      own.forEach(name -> map.append(map.isEmpty() ? "" : ",").append(quoted(name, file)));
    }
    Files.writeString(
        folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
  }

  private static String quoted(String key, String value) {
    return "\"%s\":\"%s\"".formatted(key, value);
  }
}
