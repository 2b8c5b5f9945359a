package dev.kawi.chat;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.json.JsonMapper;

/// Arguments of tool calls as JSON and as plain data.
final class JsonText {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
          .enable(tools.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonText() {}

  /// Plain data as JSON, without white space.
  static String write(@Nullable Object value) {
    return JSON.writeValueAsString(value);
  }

  /// What a JSON text says; empty when it is no JSON, or null.
  static Optional<Object> read(String json) {
    try {
      return Optional.ofNullable(JSON.readValue(json, Object.class));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /// The object that a JSON text says; empty when it says anything else.
  @SuppressWarnings("unchecked") // the keys of an object are strings
  static Optional<Map<String, @Nullable Object>> object(String json) {
    return read(json)
        .filter(Map.class::isInstance)
        .map(value -> (Map<String, @Nullable Object>) value);
  }
}
