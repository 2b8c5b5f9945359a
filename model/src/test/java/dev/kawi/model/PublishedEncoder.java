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
import java.util.List;

/// Writes a random encoder as its publisher would have: the names are those of the BERT models of
/// Hugging Face transformers, written from llama.cpp's conversion script.
final class PublishedEncoder {
  /// A kind of `config.json`.
  enum Kind {
    BERT,
    XLM_ROBERTA
  }

  private PublishedEncoder() {}

  /// Writes the encoder into a new folder.
  static Path write(RandomShape shape, Path gguf, Path folder, Kind kind) throws IOException {
    Files.createDirectories(folder.resolve("1_Pooling"));
    StringBuilder header = new StringBuilder("{\"__metadata__\":{}");
    List<byte[]> all = new ArrayList<>();
    long at = 0;
    try (GgufFile file = GgufFile.open(gguf)) {
      for (TensorInfo tensor : file.tensors()) {
        List<Long> sizes = tensor.shape();
        byte[] bytes = file.data(tensor).toArray(ValueLayout.JAVA_BYTE);
        if (kind == Kind.XLM_ROBERTA && tensor.name().startsWith("position_embd")) {
          bytes = afterTwoRows(bytes, tensor.cols());
          sizes = List.of(sizes.getFirst() + 2, sizes.getLast());
        }
        header.append(
            ",\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name(tensor.name(), kind), sizes, at, at + bytes.length));
        all.add(bytes);
        at += bytes.length;
      }
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      out.write(text);
      for (byte[] bytes : all) {
        out.write(bytes);
      }
    }
    Files.writeString(folder.resolve("config.json"), config(shape, kind));
    Files.writeString(
        folder.resolve("1_Pooling/config.json"), "{\"pooling_mode_cls_token\": true}");
    return folder;
  }

  private static byte[] afterTwoRows(byte[] rows, int cols) {
    byte[] all = new byte[rows.length + 2 * cols * Float.BYTES];
    MemorySegment.ofArray(all).fill((byte) 0x7F);
    System.arraycopy(rows, 0, all, all.length - rows.length, rows.length);
    return all;
  }

  private static String name(String gguf, Kind kind) {
    String prefix = kind == Kind.BERT ? "bert." : "roberta.";
    String suffix = gguf.substring(gguf.lastIndexOf('.'));
    String stem = gguf.substring(0, gguf.length() - suffix.length());
    String own =
        switch (stem.replaceFirst("blk\\.\\d+\\.", "")) {
          case "token_embd" -> "embeddings.word_embeddings";
          case "token_types" -> "embeddings.token_type_embeddings";
          case "position_embd" -> "embeddings.position_embeddings";
          case "token_embd_norm" -> "embeddings.LayerNorm";
          case "attn_q" -> "attention.self.query";
          case "attn_k" -> "attention.self.key";
          case "attn_v" -> "attention.self.value";
          case "attn_output" -> "attention.output.dense";
          case "attn_output_norm" -> "attention.output.LayerNorm";
          case "ffn_up" -> "intermediate.dense";
          case "ffn_down" -> "output.dense";
          case "layer_output_norm" -> "output.LayerNorm";
          case "cls" -> kind == Kind.BERT ? "pooler.dense" : "classifier.dense";
          case "cls.output" -> kind == Kind.BERT ? "classifier" : "classifier.out_proj";
          default -> throw new IllegalArgumentException("no published name for " + gguf);
        };
    boolean outside = own.startsWith("classifier");
    String layer = stem.startsWith("blk.") ? "encoder.layer." + stem.split("\\.", -1)[1] + "." : "";
    return (outside ? "" : prefix) + layer + own + suffix;
  }

  private static String config(RandomShape shape, Kind kind) {
    int positions = shape.contextLength() + (kind == Kind.XLM_ROBERTA ? 2 : 0);
    return """
    {"model_type": "%s", "hidden_size": %d, "intermediate_size": %d,
     "num_hidden_layers": %d, "num_attention_heads": %d, "max_position_embeddings": %d,
     "layer_norm_eps": %s, "hidden_act": "gelu", "position_embedding_type": "absolute"}
    """
        .formatted(
            kind == Kind.BERT ? "bert" : "xlm-roberta",
            shape.hiddenSize(),
            shape.intermediateSize(),
            shape.numLayers(),
            shape.numHeads(),
            positions,
            shape.normEps());
  }
}
