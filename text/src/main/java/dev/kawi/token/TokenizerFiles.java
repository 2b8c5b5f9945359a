package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the readers of tokenizer files share.
final class TokenizerFiles {
  /// No tokenizer is as large; what is, is another file.
  private static final long LARGEST = 1 << 28;

  private TokenizerFiles() {}

  static byte[] read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > LARGEST) {
      throw new ModelFormatException(
          "tokenizer: %s has %d bytes, no tokenizer file has more than %d; is it another file?"
              .formatted(file, size, LARGEST));
    }
    return Files.readAllBytes(file);
  }

  /// A token id that a file has as text.
  static int id(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new ModelFormatException(
          "tokenizer: a token id must be a whole number, found \"%s\""
              .formatted(text.length() > 80 ? text.substring(0, 80) + "..." : text),
          e);
    }
  }

  /// The size of a vocabulary of `count` tokens with ids up to this one; a few may be missing.
  static int size(int highestId, int count) {
    if (highestId < 0 || highestId >= 2L * count + (1 << 16)) {
      throw new ModelFormatException(
          "tokenizer: ids of %d tokens must be below %d, found %d"
              .formatted(count, 2L * count + (1 << 16), highestId));
    }
    return highestId + 1;
  }
}
