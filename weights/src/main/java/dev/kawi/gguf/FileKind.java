package dev.kawi.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Tells what a file is that was taken for a GGUF file, so that the error can name the cure.
final class FileKind {
  private static final Map<String, String> OTHERS =
      Map.of(
          "version https://git-lfs",
          "is a Git LFS pointer, not the model; fetch it with `git lfs pull`",
          "<!DOCTYPE",
          "is a web page, not a model; download the file itself",
          "<html",
          "is a web page, not a model; download the file itself",
          "PK\u0003\u0004",
          "is a zip archive (a PyTorch checkpoint?); Kawi reads GGUF",
          "tjgg",
          "is a GGML file from before GGUF (ggjt); kawi convert FILE --out MODEL.gguf makes a GGUF file of it",
          "lmgg",
          "is a GGML file from before GGUF (ggml); kawi convert FILE --out MODEL.gguf makes a GGUF file of it",
          "fmgg",
          "is a GGML file from before GGUF (ggmf); kawi convert FILE --out MODEL.gguf makes a GGUF file of it",
          "FUGG",
          "is a big-endian file; Kawi reads little-endian ones, convert it first");

  private FileKind() {}

  static void requireGguf(MemorySegment file, String name) {
    String start = start(file);
    if (start.startsWith("GGUF")) {
      return;
    }
    String reason =
        OTHERS.entrySet().stream()
            .filter(other -> start.startsWith(other.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseGet(() -> unknown(file));
    throw new ModelFormatException("gguf: " + name + " " + reason);
  }

  private static String unknown(MemorySegment file) {
    if (file.byteSize() == 0) {
      return "is empty; is the download complete?";
    }
    byte[] bytes = file.asSlice(0, Math.min(4, file.byteSize())).toArray(JAVA_BYTE);
    return "is not a GGUF file: it begins with the bytes %s, expected 47475546 (\"GGUF\")"
        .formatted(java.util.HexFormat.of().formatHex(bytes));
  }

  private static String start(MemorySegment file) {
    byte[] bytes = file.asSlice(0, Math.min(32, file.byteSize())).toArray(JAVA_BYTE);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
