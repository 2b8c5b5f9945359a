package dev.kawi.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Reads UTF-8 text that a user points at.
final class TextFile {
  private TextFile() {}

  static String read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new CommandFailure(file + " is a folder, expected a text file");
    }
    return decode(Files.readAllBytes(file), file.toString());
  }

  /// Text that must be UTF-8, of a source that `name` names.
  static String decode(byte[] bytes, String name) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new CommandFailure(name + " is not UTF-8 text; convert it first, with iconv", e);
    }
  }
}
