package dev.kawi.cli;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Prints answers for scripts.
final class Json {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final JsonMapper INDENTED =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Json() {}

  /// Prints the value on one line.
  static void printLine(Console console, Object value) {
    console.out().println(MAPPER.writeValueAsString(value));
  }

  /// Prints the value indented, for results that people read as well.
  static void print(Console console, Object value) {
    console.out().println(INDENTED.writeValueAsString(value));
  }
}
