package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads fields of JSON files that may hold anything: what is not of the expected type is a
/// [ModelFormatException].
final class Json {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  static JsonNode parse(byte[] bytes, String name) {
    JsonNode root;
    try {
      root = MAPPER.readTree(new String(bytes, StandardCharsets.UTF_8));
    } catch (JacksonException e) {
      throw new ModelFormatException(
          "tokenizer: %s is not JSON: %s".formatted(name, e.getOriginalMessage()), e);
    }
    if (!root.isObject()) {
      throw new ModelFormatException(
          "tokenizer: %s must hold a JSON object, found %s".formatted(name, shown(root)));
    }
    return root;
  }

  /// The object or array at this key.
  static JsonNode required(JsonNode parent, String key) {
    JsonNode node = parent.path(key);
    if (!node.isContainer()) {
      throw wrong(key, "an object or an array", node);
    }
    return node;
  }

  static String text(JsonNode parent, String key, String otherwise) {
    JsonNode node = parent.path(key);
    return isAbsent(node) ? otherwise : text(node, key);
  }

  /// The string that this node is; `key` is what it is called in an error.
  static String text(JsonNode node, String key) {
    if (!node.isString()) {
      throw wrong(key, "a string", node);
    }
    return node.stringValue();
  }

  static boolean flag(JsonNode parent, String key, boolean otherwise) {
    JsonNode node = parent.path(key);
    if (isAbsent(node)) {
      return otherwise;
    }
    if (!node.isBoolean()) {
      throw wrong(key, "true or false", node);
    }
    return node.booleanValue();
  }

  /// The whole number that this node is.
  static int whole(JsonNode node, String key) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(key, "a whole number", node);
    }
    return node.intValue();
  }

  static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  static ModelFormatException wrong(String key, String expected, JsonNode found) {
    return new ModelFormatException(
        "tokenizer: \"%s\" must be %s, found %s".formatted(key, expected, shown(found)));
  }

  /// A node as an error shows it.
  static String shown(JsonNode node) {
    if (node.isMissingNode()) {
      return "nothing";
    }
    String text = node.isContainer() ? node.getNodeType().toString() : node.toString();
    return text.length() > 80 ? text.substring(0, 80) + "..." : text;
  }
}
