package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The JSON that a hub answers with: from outside, so every step is checked.
final class Answer {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Answer() {}

  /// Reads an answer.
  static JsonNode of(Hub hub, String text) throws HubException {
    try {
      return MAPPER.readTree(text);
    } catch (JacksonException e) {
      String start = text.substring(0, Math.min(80, text.length())).replaceAll("\\s+", " ");
      throw new HubException(
          Reason.OTHER,
          "%s was expected to answer in JSON, found: %s; is a proxy or a login page in between?"
              .formatted(hub.title(), start),
          e);
    }
  }

  /// A text, if it is there and not empty.
  static Optional<String> text(JsonNode node, String field) {
    return Optional.ofNullable(node.get(field))
        .filter(JsonNode::isString)
        .map(JsonNode::stringValue)
        .filter(value -> !value.isEmpty());
  }

  /// A whole number, or 0.
  static long number(JsonNode node, String field) {
    return Optional.ofNullable(node.get(field))
        .filter(JsonNode::isIntegralNumber)
        .map(JsonNode::longValue)
        .orElse(0L);
  }

  /// Text as a JSON string.
  static String quoted(String text) {
    return MAPPER.writeValueAsString(text);
  }
}
