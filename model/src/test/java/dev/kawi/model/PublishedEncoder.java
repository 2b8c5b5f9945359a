package dev.kawi.model;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomShape;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Writes a random encoder as its publisher would have: the names are those of the models of
/// Hugging Face transformers, or of the publishers' own code, written from llama.cpp's conversion
/// scripts.
final class PublishedEncoder {
  /// A kind of `config.json`, and the shape that it is written from.
  enum Kind {
    BERT("encoder-bert-reranker"),
    XLM_ROBERTA("encoder-bert-reranker"),
    ROBERTA("encoder-bert-reranker"),
    DISTILBERT("encoder-bert"),
    GEMMA("encoder-gemma-dense"),
    NOMIC("encoder-nomic"),
    NOMIC_MOE("encoder-nomic-moe"),
    MODERN("encoder-modern-reranker"),
    JINA2("encoder-jina2"),
    JINA2_CODE("encoder-jina2-code"),
    JINA3("encoder-jina3");

    private final String shape;

    Kind(String shape) {
      this.shape = shape;
    }

    String shape() {
      return shape;
    }

    /// Norms of Gemma are stored less 1, and DistilBERT has no types, which are added to its
    /// positions; both round.
    float tolerance() {
      return this == GEMMA || this == DISTILBERT ? 1e-4f : 0;
    }

    private boolean hasUnusedPositions() {
      return this == XLM_ROBERTA || this == ROBERTA;
    }
  }

  /// A tensor of floats.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Stored(String name, List<Long> sizes, float[] values) {}

  private final RandomShape shape;
  private final Kind kind;
  private float[] types = {};

  private PublishedEncoder(RandomShape shape, Kind kind) {
    this.shape = shape;
    this.kind = kind;
  }

  /// Writes the encoder into a new folder.
  static Path write(Path gguf, Path folder, Kind kind) throws IOException {
    PublishedEncoder encoder = new PublishedEncoder(RandomShape.named(kind.shape()), kind);
    encoder.write(gguf, folder);
    return folder;
  }

  private void write(Path gguf, Path folder) throws IOException {
    Files.createDirectories(folder.resolve("1_Pooling"));
    List<Stored> all = new ArrayList<>();
    List<String> modules = new ArrayList<>();
    try (GgufFile file = GgufFile.open(gguf)) {
      for (TensorInfo tensor : file.tensors()) {
        float[] values = file.data(tensor).toArray(ValueLayout.JAVA_FLOAT);
        if (tensor.name().startsWith("token_types") && kind == Kind.DISTILBERT) {
          types = values;
        } else if (tensor.name().startsWith("dense_")) {
          String module = tensor.name().charAt("dense_".length()) + "_Dense";
          modules.add(
              "{\"type\": \"sentence_transformers.models.Dense\", \"path\": \"%s\"}"
                  .formatted(module));
          dense(folder.resolve(module), new Stored("linear.weight", tensor.shape(), values));
        } else {
          all.add(published(tensor, values));
        }
      }
    }
    if (kind == Kind.NOMIC_MOE) {
      all.add(biasOnExperts());
    }
    safetensors(folder.resolve("model.safetensors"), all);
    Files.writeString(
        folder.resolve("config_sentence_transformers.json"),
        "{\"prompts\": {\"query\": \"search_query: \", \"empty\": \"\"}}");
    Files.writeString(folder.resolve("modules.json"), modules.toString());
    Files.writeString(folder.resolve("config.json"), "{" + config() + "}");
    Files.writeString(
        folder.resolve("1_Pooling/config.json"), "{\"pooling_mode_cls_token\": true}");
  }

  /// A bias that changes nothing, which GGUF files do not have.
  private Stored biasOnExperts() {
    long size = shape.hiddenSize();
    return new Stored(
        "encoder.layers.1.mlp.experts.bias", List.of(size), new float[shape.hiddenSize()]);
  }

  private static void dense(Path folder, Stored weight) throws IOException {
    Files.createDirectories(folder);
    safetensors(folder.resolve("model.safetensors"), List.of(weight));
    Files.writeString(
        folder.resolve("config.json"),
        "{\"activation_function\": \"torch.nn.modules.linear.Identity\"}");
  }

  private static void safetensors(Path file, List<Stored> tensors) throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{}");
    long at = 0;
    for (Stored tensor : tensors) {
      long end = at + (long) tensor.values().length * Float.BYTES;
      header.append(
          ",\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(tensor.name(), tensor.sizes(), at, end));
      at = end;
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      out.write(text);
      for (Stored tensor : tensors) {
        ByteBuffer bytes =
            ByteBuffer.allocate(tensor.values().length * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(tensor.values());
        out.write(bytes.array());
      }
    }
  }

  // ---- layout ----

  private Stored published(TensorInfo tensor, float[] values) {
    String name = tensor.name();
    List<Long> sizes = tensor.shape();
    if (kind == Kind.DISTILBERT && name.startsWith("position_embd")) {
      return new Stored(name(name), sizes, plusFirstType(values, tensor.cols()));
    }
    if (kind.hasUnusedPositions() && name.startsWith("position_embd")) {
      List<Long> more = List.of(sizes.getFirst() + 2, sizes.getLast());
      return new Stored(name(name), more, afterTwoRows(values, tensor.cols()));
    }
    if (kind == Kind.GEMMA && name.endsWith("norm.weight")) {
      return new Stored(name(name), sizes, lessOne(values));
    }
    if (kind == Kind.JINA2_CODE && name.endsWith("ffn_up.weight")) {
      return new Stored(name(name), sizes, otherHalfFirst(values));
    }
    if (name.endsWith("_exps.weight")) {
      long inner = name.contains("_up_") ? sizes.get(1) : sizes.get(2);
      long hidden = name.contains("_up_") ? sizes.get(2) : sizes.get(1);
      List<Long> below = List.of(sizes.getFirst() * inner, hidden);
      float[] laid = name.contains("_up_") ? values : turned(values, (int) hidden, (int) inner);
      return new Stored(name(name), below, laid);
    }
    return new Stored(name(name), sizes, values);
  }

  private float[] plusFirstType(float[] rows, int cols) {
    float[] sum = rows.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += types[i % cols];
    }
    return sum;
  }

  private static float[] afterTwoRows(float[] rows, int cols) {
    float[] all = new float[rows.length + 2 * cols];
    Arrays.fill(all, 1e30f);
    System.arraycopy(rows, 0, all, 2 * cols, rows.length);
    return all;
  }

  private static float[] lessOne(float[] values) {
    float[] less = values.clone();
    for (int i = 0; i < less.length; i++) {
      less[i] -= 1;
    }
    return less;
  }

  private static float[] otherHalfFirst(float[] values) {
    float[] other = new float[values.length];
    int half = values.length / 2;
    System.arraycopy(values, half, other, 0, half);
    System.arraycopy(values, 0, other, half, half);
    return other;
  }

  /// Matrices of [rows, cols] as [cols, rows].
  private static float[] turned(float[] values, int rows, int cols) {
    float[] turned = new float[values.length];
    for (int at = 0; at < values.length; at += rows * cols) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < cols; c++) {
          turned[at + c * rows + r] = values[at + r * cols + c];
        }
      }
    }
    return turned;
  }

  // ---- names ----

  private String name(String gguf) {
    String suffix = gguf.substring(gguf.lastIndexOf('.'));
    String stem = gguf.substring(0, gguf.length() - suffix.length());
    if (!stem.startsWith("blk.")) {
      return outside(stem) + (isAdapted(stem) ? ".parametrizations.weight.original" : suffix);
    }
    String own = stem.replaceFirst("blk\\.\\d+\\.", "");
    String layer = stem.split("\\.", -1)[1] + ".";
    return switch (kind) {
      case DISTILBERT -> prefix() + "transformer.layer." + layer + distilBert(own) + suffix;
      case BERT, XLM_ROBERTA, ROBERTA, JINA2, JINA2_CODE ->
          prefix() + "encoder.layer." + layer + bert(own) + suffix;
      case NOMIC, NOMIC_MOE -> nomic(layer, own, suffix);
      case JINA3 -> prefix() + "encoder.layers." + layer + jina3(own, suffix);
      case MODERN -> "model.layers." + layer + modern(own) + suffix;
      case GEMMA -> "layers." + layer + gemma(own) + suffix;
    };
  }

  private boolean isAdapted(String stem) {
    return kind == Kind.JINA3 && stem.equals("token_embd");
  }

  private String prefix() {
    return switch (kind) {
      case BERT -> "bert.";
      case XLM_ROBERTA, ROBERTA, JINA3 -> "roberta.";
      case DISTILBERT -> "distilbert.";
      default -> "";
    };
  }

  private String outside(String stem) {
    return switch (kind) {
      case GEMMA -> stem.equals("token_embd") ? "embed_tokens" : "norm";
      case MODERN ->
          switch (stem) {
            case "token_embd" -> "model.embeddings.tok_embeddings";
            case "token_embd_norm" -> "model.embeddings.norm";
            case "output_norm" -> "model.final_norm";
            case "cls" -> "head.dense";
            case "cls.norm" -> "head.norm";
            case "cls.output" -> "classifier";
            default -> throw unknown(stem);
          };
      default ->
          switch (stem) {
            case "token_embd" -> prefix() + "embeddings.word_embeddings";
            case "token_types" -> prefix() + "embeddings.token_type_embeddings";
            case "position_embd" -> prefix() + "embeddings.position_embeddings";
            case "token_embd_norm" ->
                prefix()
                    + (List.of(Kind.NOMIC, Kind.NOMIC_MOE, Kind.JINA3).contains(kind)
                        ? "emb_ln"
                        : "embeddings.LayerNorm");
            case "cls" -> kind == Kind.BERT ? "bert.pooler.dense" : "classifier.dense";
            case "cls.output" -> kind == Kind.BERT ? "classifier" : "classifier.out_proj";
            default -> throw unknown(stem);
          };
    };
  }

  private String bert(String own) {
    boolean code = kind == Kind.JINA2_CODE;
    boolean jina = code || kind == Kind.JINA2;
    return switch (own) {
      case "attn_q" -> "attention.self.query";
      case "attn_k" -> "attention.self.key";
      case "attn_v" -> "attention.self.value";
      case "attn_q_norm" -> "attention.self.layer_norm_q";
      case "attn_k_norm" -> "attention.self.layer_norm_k";
      case "attn_norm_2" -> "layer_norm_1";
      case "attn_output" -> "attention.output.dense";
      case "attn_output_norm" -> "attention.output.LayerNorm";
      case "ffn_up" ->
          code ? "mlp.up_gated_layer" : jina ? "mlp.gated_layers" : "intermediate.dense";
      case "ffn_down" -> code ? "mlp.down_layer" : jina ? "mlp.wo" : "output.dense";
      case "layer_output_norm" ->
          code ? "layer_norm_2" : jina ? "mlp.layernorm" : "output.LayerNorm";
      default -> throw unknown(own);
    };
  }

  private static String distilBert(String own) {
    return switch (own) {
      case "attn_q" -> "attention.q_lin";
      case "attn_k" -> "attention.k_lin";
      case "attn_v" -> "attention.v_lin";
      case "attn_output" -> "attention.out_lin";
      case "attn_output_norm" -> "sa_layer_norm";
      case "ffn_up" -> "ffn.lin1";
      case "ffn_down" -> "ffn.lin2";
      case "layer_output_norm" -> "output_layer_norm";
      default -> throw unknown(own);
    };
  }

  private String nomic(String layer, String own, String suffix) {
    String before = "encoder.layers." + layer;
    return switch (own) {
      case "attn_qkv" -> before + "attn.Wqkv" + suffix;
      case "attn_output" -> before + "attn.out_proj" + suffix;
      case "attn_output_norm" -> before + "norm1" + suffix;
      case "ffn_up" -> before + (kind == Kind.NOMIC ? "mlp.fc11" : "mlp.fc1") + suffix;
      case "ffn_gate" -> before + "mlp.fc12" + suffix;
      case "ffn_down" -> before + "mlp.fc2" + suffix;
      case "layer_output_norm" -> before + "norm2" + suffix;
      case "ffn_gate_inp" -> before + "mlp.router.layer" + suffix;
      case "ffn_up_exps" -> before + "mlp.experts.mlp.w1";
      case "ffn_down_exps" -> before + "mlp.experts.mlp.w2";
      default -> throw unknown(own);
    };
  }

  private static String jina3(String own, String suffix) {
    return switch (own) {
      case "attn_qkv" ->
          "mixer.Wqkv" + (suffix.equals(".weight") ? ".parametrizations.weight.original" : suffix);
      case "attn_output" -> "mixer.out_proj" + suffix;
      case "attn_output_norm" -> "norm1" + suffix;
      case "ffn_up" -> "mlp.fc1" + suffix;
      case "ffn_down" -> "mlp.fc2" + suffix;
      case "layer_output_norm" -> "norm2" + suffix;
      default -> throw unknown(own);
    };
  }

  private static String modern(String own) {
    return switch (own) {
      case "attn_norm" -> "attn_norm";
      case "attn_qkv" -> "attn.Wqkv";
      case "attn_output" -> "attn.Wo";
      case "ffn_norm" -> "mlp_norm";
      case "ffn_up" -> "mlp.Wi";
      case "ffn_down" -> "mlp.Wo";
      default -> throw unknown(own);
    };
  }

  private static String gemma(String own) {
    return switch (own) {
      case "attn_norm" -> "input_layernorm";
      case "attn_q" -> "self_attn.q_proj";
      case "attn_k" -> "self_attn.k_proj";
      case "attn_v" -> "self_attn.v_proj";
      case "attn_q_norm" -> "self_attn.q_norm";
      case "attn_k_norm" -> "self_attn.k_norm";
      case "attn_output" -> "self_attn.o_proj";
      case "post_attention_norm" -> "post_attention_layernorm";
      case "ffn_norm" -> "pre_feedforward_layernorm";
      case "ffn_gate" -> "mlp.gate_proj";
      case "ffn_up" -> "mlp.up_proj";
      case "ffn_down" -> "mlp.down_proj";
      case "post_ffw_norm" -> "post_feedforward_layernorm";
      default -> throw unknown(own);
    };
  }

  private static IllegalArgumentException unknown(String gguf) {
    return new IllegalArgumentException("no published name for " + gguf);
  }

  // ---- configuration ----

  private String config() {
    return switch (kind) {
      case BERT -> usual("bert", 0) + "\"position_embedding_type\": \"absolute\"";
      case ROBERTA -> usual("roberta", 2) + "\"position_embedding_type\": \"absolute\"";
      case DISTILBERT -> distilBertConfig();
      case XLM_ROBERTA -> usual("xlm-roberta", 2) + "\"position_embedding_type\": \"absolute\"";
      case JINA2, JINA2_CODE ->
          usual("bert", 0)
              + "\"position_embedding_type\": \"alibi\", \"feed_forward_type\": \"geglu\"";
      case JINA3 ->
          usual("xlm-roberta", 2)
              + "\"position_embedding_type\": \"rotary\", \"rotary_emb_base\": "
              + shape.ropeTheta();
      case NOMIC -> nomicConfig("swiglu", 8192) + ", \"max_trained_positions\": 512";
      case NOMIC_MOE ->
          nomicConfig("gelu", 2048)
              + ", \"moe_every_n_layers\": 2, \"moe_top_k\": 2, \"num_experts\": 4";
      case MODERN ->
          sizes("modernbert", 0)
              + """
              "hidden_activation": "gelu", "norm_eps": %s, "local_attention": 16,
              "global_attn_every_n_layers": 2, "global_rope_theta": %s, "local_rope_theta": 777,
              "classifier_pooling": "mean", "classifier_activation": "gelu"
              """
                  .formatted(shape.normEps(), shape.ropeTheta());
      case GEMMA -> gemmaConfig();
    };
  }

  private String sizes(String type, int unusedPositions) {
    return """
    "model_type": "%s", "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": %d,
    "num_attention_heads": %d, "max_position_embeddings": %d,
    """
        .formatted(
            type,
            shape.hiddenSize(),
            shape.intermediateSize(),
            shape.numLayers(),
            shape.numHeads(),
            shape.contextLength() + unusedPositions);
  }

  private String usual(String type, int unusedPositions) {
    return sizes(type, unusedPositions)
        + "\"layer_norm_eps\": %s, \"hidden_act\": \"gelu\", ".formatted(shape.normEps());
  }

  private String distilBertConfig() {
    return """
    "model_type": "distilbert", "dim": %d, "hidden_dim": %d, "n_layers": %d, "n_heads": %d,
    "max_position_embeddings": %d, "activation": "gelu", "layer_norm_eps": %s
    """
        .formatted(
            shape.hiddenSize(),
            shape.intermediateSize(),
            shape.numLayers(),
            shape.numHeads(),
            shape.contextLength(),
            shape.normEps());
  }

  private String nomicConfig(String activation, int positions) {
    return """
    "model_type": "nomic_bert", "n_embd": %d, "n_inner": %d, "n_layer": %d, "n_head": %d,
    "n_positions": %d, "layer_norm_epsilon": %s, "activation_function": "%s",
    "rotary_emb_base": %s, "rotary_emb_fraction": 1.0, "prenorm": false
    """
        .formatted(
            shape.hiddenSize(),
            shape.intermediateSize(),
            shape.numLayers(),
            shape.numHeads(),
            positions,
            shape.normEps(),
            activation,
            shape.ropeTheta());
  }

  private String gemmaConfig() {
    String types =
        IntStream.range(0, shape.numLayers())
            .mapToObj(i -> i % 6 < 5 ? "\"sliding_attention\"" : "\"full_attention\"")
            .collect(Collectors.joining(", "));
    return sizes("gemma3_text", 0)
        + """
        "hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": %s, "head_dim": %d,
        "num_key_value_heads": %d, "query_pre_attn_scalar": %d, "sliding_window": 16,
        "rope_theta": %s, "rope_local_base_freq": 777, "use_bidirectional_attention": true,
        "rope_scaling": {"rope_type": "linear", "factor": 2.5}, "layer_types": [%s]
        """
            .formatted(
                shape.normEps(),
                shape.headDim(),
                shape.numKvHeads(),
                shape.headDim(),
                shape.ropeTheta(),
                types);
  }
}
