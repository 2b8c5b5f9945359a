package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.ConversionOptions;
import dev.kawi.weights.Converter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model that went through a format before GGUF says what it said before.
class GgmlModelTest {
  private static final RandomShape SHAPE =
      new RandomShape("test", "llama", 2, 64, 4, 2, 16, 96, 320, 64, 10_000, 1e-5f, Set.of());
  private static final int[] IDS = {1, 300, 7, 42, 311, 300, 12};
  private static final List<String> NAMES =
      List.of(
          "token_embd=tok_embeddings",
          "output_norm=norm",
          "output=output",
          "blk=layers",
          "attn_norm=attention_norm",
          "attn_q=attention.wq",
          "attn_k=attention.wk",
          "attn_v=attention.wv",
          "attn_output=attention.wo",
          "ffn_norm=ffn_norm",
          "ffn_gate=feed_forward.w1",
          "ffn_down=feed_forward.w2",
          "ffn_up=feed_forward.w3");

  @Test
  void logits_areThoseOfTheSameModelInGguf(@TempDir Path folder) throws IOException {
    Path gguf = folder.resolve("model.gguf");
    Path ggjt = folder.resolve("model.bin");
    Path converted = folder.resolve("converted.gguf");
    new RandomModel(SHAPE, StorageType.F32, 3).write(gguf);
    float epsilon;
    try (GgufFile file = GgufFile.open(gguf)) {
      epsilon = file.metadata().number("llama.attention.layer_norm_rms_epsilon").orElseThrow();
      writeGgjt(file, ggjt);
    }
    Converter.convert(
        ggjt,
        converted,
        new ConversionOptions(Optional.empty(), Optional.of(64), Optional.of(epsilon)));
    assertEquals(logits(gguf), logits(converted));
  }

  private static TokenLogits logits(Path file) throws IOException {
    EngineOptions options =
        EngineOptions.defaults()
            .withThreads(1)
            .withCacheType(StorageType.F32)
            .withContextLength(64);
    try (Model model = Model.load(file, options)) {
      return TokenLogits.of(model, IDS, 20, 10);
    }
  }

  private static void writeGgjt(GgufFile file, Path out) throws IOException {
    try (FileChannel channel =
        FileChannel.open(out, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      List<String> tokens = file.metadata().strings("tokenizer.ggml.tokens").orElseThrow();
      int hidden = file.metadata().integer("llama.embedding_length").orElseThrow();
      int heads = file.metadata().integer("llama.attention.head_count").orElseThrow();
      int layers = file.metadata().integer("llama.block_count").orElseThrow();
      ints(channel, 0x67676a74, 3, tokens.size(), hidden, 32, heads, layers, hidden / heads, 0);
      for (String token : tokens) {
        byte[] text = token.getBytes(StandardCharsets.UTF_8);
        ints(channel, text.length);
        channel.write(ByteBuffer.wrap(text));
        ints(channel, 0);
      }
      for (TensorInfo tensor : file.tensors()) {
        write(channel, tensor, file.data(tensor));
      }
    }
  }

  private static void write(FileChannel channel, TensorInfo tensor, MemorySegment data)
      throws IOException {
    String name = name(tensor.name());
    List<Long> shape = tensor.shape().reversed();
    ints(channel, shape.size(), name.length(), 0);
    for (long size : shape) {
      ints(channel, Math.toIntExact(size));
    }
    channel.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)));
    channel.position(channel.position() + 31 & -32);
    channel.write(ByteBuffer.wrap(data.toArray(ValueLayout.JAVA_BYTE)));
  }

  private static String name(String gguf) {
    String name = "." + gguf;
    for (String pair : NAMES) {
      String[] names = pair.split("=", 2);
      name = name.replace("." + names[0] + ".", "." + names[1] + ".");
    }
    return name.substring(1);
  }

  private static void ints(FileChannel channel, int... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    channel.write(bytes);
  }
}
