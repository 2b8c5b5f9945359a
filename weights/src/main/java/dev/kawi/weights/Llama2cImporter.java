package dev.kawi.weights;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// Turns a llama2.c checkpoint (version 0 or 1, float32) and its `tokenizer.bin` into a GGUF file
/// of the architecture `llama`. The weights are copied as they are: llama2.c and GGUF's `llama`
/// order the rows of queries and keys alike.
final class Llama2cImporter {
  private static final float RMS_NORM_EPS = 1e-5f;

  private Llama2cImporter() {}

  /// Whether a file begins like a llama2.c checkpoint.
  static boolean matches(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return Llama2cCheckpoint.matches(map(file, arena));
    }
  }

  /// Writes `out`, reading the vocabulary from `tokenizer`.
  static void convert(Path in, Path tokenizer, Path out) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Llama2cCheckpoint checkpoint = Llama2cCheckpoint.parse(map(in, arena), in.toString());
      Llama2cTokenizer vocabulary =
          Llama2cTokenizer.parse(
              map(tokenizer, arena), tokenizer.toString(), checkpoint.sizes().vocabSize());
      GgufWriter writer = new GgufWriter(metadata(nameOf(in), checkpoint.sizes(), vocabulary));
      checkpoint.weights().forEach(w -> writer.add(w.name(), StorageType.F32, w.shape(), w.data()));
      writer.write(out);
    }
  }

  /// The vocabulary that lies beside a checkpoint: `tok<vocabSize>.bin`, then `tokenizer.bin`.
  static Path tokenizerBeside(Path in) throws IOException {
    int vocabSize;
    try (Arena arena = Arena.ofConfined()) {
      vocabSize = Llama2cCheckpoint.parse(map(in, arena), in.toString()).sizes().vocabSize();
    }
    for (String name : List.of("tok" + vocabSize + ".bin", "tokenizer.bin")) {
      Path beside = in.resolveSibling(name);
      if (Files.exists(beside)) {
        return beside;
      }
    }
    throw new NoSuchFileException(
        in.toString(),
        null,
        "llama2.c: its vocabulary is a file of its own; there is no tok%d.bin or tokenizer.bin beside it, name it with --tokenizer"
            .formatted(vocabSize));
  }

  private static Metadata metadata(
      String name, Llama2cCheckpoint.Sizes sizes, Llama2cTokenizer vocabulary) {
    return Metadata.builder()
        .string("general.architecture", "llama")
        .string("general.name", name)
        .u32("general.file_type", 0)
        .u32("llama.vocab_size", sizes.vocabSize())
        .u32("llama.context_length", sizes.contextLength())
        .u32("llama.embedding_length", sizes.hiddenSize())
        .u32("llama.feed_forward_length", sizes.intermediateSize())
        .u32("llama.attention.head_count", sizes.numHeads())
        .u32("llama.attention.head_count_kv", sizes.numKvHeads())
        .u32("llama.block_count", sizes.numLayers())
        .u32("llama.rope.dimension_count", sizes.headDim())
        .f32("llama.attention.layer_norm_rms_epsilon", RMS_NORM_EPS)
        .string("tokenizer.ggml.model", "llama")
        .strings("tokenizer.ggml.tokens", vocabulary.tokens())
        .f32s("tokenizer.ggml.scores", vocabulary.scores())
        .i32s("tokenizer.ggml.token_type", vocabulary.types())
        .u32("tokenizer.ggml.unknown_token_id", Llama2cTokenizer.UNKNOWN_ID)
        .u32("tokenizer.ggml.bos_token_id", Llama2cTokenizer.BOS_ID)
        .u32("tokenizer.ggml.eos_token_id", Llama2cTokenizer.EOS_ID)
        .build();
  }

  private static String nameOf(Path in) {
    return String.valueOf(in.getFileName()).replaceFirst("\\.[^.]*$", "");
  }

  private static MemorySegment map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }
}
