package dev.kawi.weights;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
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
      return Llama2cCheckpoint.matches(MappedFile.map(file, arena));
    }
  }

  /// Writes `out`, reading the vocabulary from `tokenizer`.
  static void convert(Path in, Path tokenizer, Path out) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Llama2cCheckpoint checkpoint =
          Llama2cCheckpoint.parse(MappedFile.map(in, arena), in.toString());
      LlamaVocabulary vocabulary =
          Llama2cTokenizer.parse(
              MappedFile.map(tokenizer, arena),
              tokenizer.toString(),
              checkpoint.sizes().vocabSize());
      GgufWriter writer =
          new GgufWriter(LlamaMetadata.of(in, 0, checkpoint.sizes(), RMS_NORM_EPS, vocabulary));
      checkpoint.weights().forEach(w -> writer.add(w.name(), StorageType.F32, w.shape(), w.data()));
      writer.write(out);
    }
  }

  /// The vocabulary that lies beside a checkpoint: `tok<vocabSize>.bin`, then `tokenizer.bin`.
  static Path tokenizerBeside(Path in) throws IOException {
    int vocabSize;
    try (Arena arena = Arena.ofConfined()) {
      vocabSize =
          Llama2cCheckpoint.parse(MappedFile.map(in, arena), in.toString()).sizes().vocabSize();
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
}
