package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The JSON files of a publisher's folder, as Python's `json` writes them: with `NaN`, `Infinity`
/// and `-Infinity` as numbers.
final class PublishedJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private PublishedJson() {}

  /// The contents of a file.
  ///
  /// @throws ModelFormatException if it is no JSON
  static JsonNode read(Path file) throws IOException {
    try {
      return MAPPER.readTree(Files.readString(file));
    } catch (JacksonException e) {
      throw new ModelFormatException(
          "%s is no JSON: %s".formatted(file, e.getOriginalMessage()), e);
    }
  }
}
