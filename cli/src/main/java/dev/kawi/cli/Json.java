package dev.kawi.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Prints answers for scripts, and reads what they hand in.
final class Json {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final JsonMapper INDENTED =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Json() {}

  /// Prints the value on one line.
  static void printLine(Console console, Object value) {
    console.out().println(line(value));
  }

  /// The value on one line.
  static String line(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /// Prints the value indented, for results that people read as well.
  static void print(Console console, Object value) {
    console.out().println(indented(value));
  }

  /// The value as indented text.
  static String indented(Object value) {
    return INDENTED.writeValueAsString(value);
  }

  /// A file with an array of strings.
  static List<String> strings(Path file) throws IOException {
    return List.of(read(file, String[].class, "an array of strings"));
  }

  /// A file with an array of whole numbers.
  static int[] integers(Path file) throws IOException {
    return read(file, int[].class, "an array of whole numbers");
  }

  /// A file with a value of this type a line, which `expected` describes; empty lines are passed
  /// over.
  static <T> List<T> lines(Path file, Class<T> type, String expected) throws IOException {
    List<String> lines = TextFile.read(file).lines().toList();
    List<T> values = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        try {
          values.add(MAPPER.readValue(lines.get(i), type));
        } catch (JacksonException e) {
          throw new CommandFailure(
              "%s: line %d must be %s: %s".formatted(file, i + 1, expected, e.getOriginalMessage()),
              e);
        }
      }
    }
    return values;
  }

  /// A file with a value of this type, which `expected` describes.
  static <T> T read(Path file, Class<T> type, String expected) throws IOException {
    String text = TextFile.read(file);
    T value;
    try {
      value = MAPPER.readValue(text, type);
    } catch (JacksonException e) {
      throw new CommandFailure(
          "%s must hold %s: %s".formatted(file, expected, e.getOriginalMessage()), e);
    }
    if (value == null) {
      throw new CommandFailure("%s must hold %s, found null".formatted(file, expected));
    }
    return value;
  }
}
