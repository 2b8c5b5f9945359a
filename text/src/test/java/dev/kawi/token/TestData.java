package dev.kawi.token;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.Metadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// The folder of real tokenizers: vocabularies, and texts with the ids that Hugging Face's own
/// tokenizers gave for them.
final class TestData {
  private TestData() {}

  /// A text and its ids.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Pair(String text, int[] ids) {}

  static Path tokenizers() {
    return Path.of(System.getProperty("kawi.data"), "tokenizers");
  }

  static Metadata metadata(String name) {
    try (GgufFile file = GgufFile.open(tokenizers().resolve("ggml-vocab-" + name + ".gguf"))) {
      return file.metadata();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Tokenizer gguf(String name) {
    return Tokenizers.from(metadata(name));
  }

  /// The texts of a vocabulary's `.inp` file with the ids of its `.out` file.
  static List<Pair> pairs(String name) {
    try {
      String base = "ggml-vocab-" + name + ".gguf";
      String[] texts =
          Files.readString(tokenizers().resolve(base + ".inp"))
              .split("\n__ggml_vocab_test__\n", -1);
      List<String> ids = Files.readString(tokenizers().resolve(base + ".out")).lines().toList();
      if (ids.size() < texts.length - 1) {
        throw new IllegalStateException(
            "%s: %d texts, %d lines of ids".formatted(name, texts.length, ids.size()));
      }
      Pair[] pairs = new Pair[ids.size()];
      Arrays.setAll(pairs, i -> new Pair(texts[i], ids(ids.get(i))));
      return List.of(pairs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int[] ids(String line) {
    return Arrays.stream(line.strip().split(" +"))
        .filter(s -> !s.isEmpty())
        .mapToInt(Integer::parseInt)
        .toArray();
  }
}
