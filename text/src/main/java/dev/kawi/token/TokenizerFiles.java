package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What the readers of tokenizer files share.
final class TokenizerFiles {
  /// No tokenizer is as large; what is, is another file.
  private static final long LARGEST = 1 << 28;

  /// What begins like this, and is no tokenizer.
  private static final Map<String, String> KINDS =
      Map.of(
          "\u0089PNG", "a PNG image",
          "\u00FF\u00D8\u00FF", "a JPEG image",
          "GIF8", "a GIF image",
          "%PDF", "a PDF document",
          "PK\u0003\u0004", "a ZIP archive, perhaps a PyTorch checkpoint",
          "\u001F\u008B", "a gzip archive",
          "GGUF", "a GGUF file",
          "\u007FELF", "a program",
          "{", "a JSON file without the name tokenizer.json",
          "version https://git-lfs", "a Git LFS pointer and not the file itself");

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

  /// Reads a file of JSON.
  static JsonNode json(Path file) throws IOException {
    byte[] bytes = read(file);
    if (bytes.length == 0) {
      throw new ModelFormatException(
          "tokenizer: %s is empty, expected JSON; is the download complete?".formatted(file));
    }
    return Json.parse(bytes, file.toString());
  }

  /// Says what a file is that cannot be a SentencePiece model, which begins with a piece.
  static void requireSentencePiece(Path file, byte[] bytes) {
    if (bytes.length > 0 && bytes[0] == 0x0A) {
      return;
    }
    throw new ModelFormatException(
        "tokenizer: %s is %s; a GGUF file, tokenizer.json, tokenizer.model (SentencePiece or ranks),"
                .formatted(file, kind(bytes))
            + " vocab.json, vocab.txt, *.tiktoken or a folder with one of them is expected");
  }

  private static String kind(byte[] bytes) {
    if (bytes.length == 0) {
      return "empty";
    }
    String start = new String(bytes, 0, Math.min(512, bytes.length), StandardCharsets.ISO_8859_1);
    for (Map.Entry<String, String> kind : KINDS.entrySet()) {
      if (start.startsWith(kind.getKey())) {
        return kind.getValue();
      }
    }
    boolean text = start.chars().allMatch(c -> c >= ' ' || (c >= '\t' && c <= '\r'));
    return text ? "a text file" : "a file of another kind";
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
