package dev.kawi.grammar;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Finds out whether no value is valid for two options of `oneOf`, from their types, their given
/// values, and those of a property that both require.
final class Disjoint {
  private static final int MAX_DEPTH = 20;
  private static final int MOST_OPTIONS = 200;

  private final Function<String, JsonNode> resolver;

  Disjoint(Function<String, JsonNode> resolver) {
    this.resolver = resolver;
  }

  /// Says which two options may overlap; empty if none do.
  Optional<String> overlap(List<JsonNode> options) {
    if (options.size() > MOST_OPTIONS) {
      return Optional.of("it has more than %d options".formatted(MOST_OPTIONS));
    }
    List<JsonNode> resolved = options.stream().map(this::resolved).toList();
    for (int i = 0; i < resolved.size(); i++) {
      for (int j = i + 1; j < resolved.size(); j++) {
        if (!areDisjoint(resolved.get(i), resolved.get(j), 0)) {
          return Optional.of("options %d and %d may both be valid".formatted(i + 1, j + 1));
        }
      }
    }
    return Optional.empty();
  }

  private JsonNode resolved(JsonNode option) {
    JsonNode node = option;
    for (int i = 0; i < MAX_DEPTH && node.path("$ref").isString(); i++) {
      String reference = node.get("$ref").stringValue();
      if (!reference.startsWith("#")) {
        return node;
      }
      node = resolver.apply(reference);
    }
    return node;
  }

  private boolean areDisjoint(JsonNode a, JsonNode b, int depth) {
    if (depth > MAX_DEPTH) {
      return false;
    }
    Set<JsonNode> left = given(a);
    Set<JsonNode> right = given(b);
    if (!left.isEmpty() && !right.isEmpty()) {
      return left.stream().noneMatch(right::contains);
    }
    Set<String> types = types(a);
    Set<String> others = types(b);
    if (!types.isEmpty() && !others.isEmpty() && types.stream().noneMatch(others::contains)) {
      return true;
    }
    return types.equals(Set.of("object")) && others.equals(types) && differInProperty(a, b, depth);
  }

  private boolean differInProperty(JsonNode a, JsonNode b, int depth) {
    Set<String> required = new LinkedHashSet<>();
    a.path("required").forEach(name -> required.add(name.asString("")));
    for (JsonNode name : b.path("required")) {
      JsonNode left = a.path("properties").path(name.asString(""));
      JsonNode right = b.path("properties").path(name.asString(""));
      if (required.contains(name.asString(""))
          && left.isObject()
          && right.isObject()
          && areDisjoint(resolved(left), resolved(right), depth + 1)) {
        return true;
      }
    }
    return false;
  }

  private static Set<JsonNode> given(JsonNode schema) {
    Set<JsonNode> values = new LinkedHashSet<>();
    if (schema.has("const")) {
      values.add(plain(schema.get("const")));
    } else {
      schema.path("enum").forEach(value -> values.add(plain(value)));
    }
    return values;
  }

  /// 1 and 1.0 are one value.
  private static JsonNode plain(JsonNode value) {
    return value.isNumber()
        ? JsonNodeFactory.instance.numberNode(value.decimalValue().stripTrailingZeros())
        : value;
  }

  private static Set<String> types(JsonNode schema) {
    Set<String> types = new LinkedHashSet<>();
    JsonNode named = schema.path("type");
    if (named.isString()) {
      types.add(named.stringValue());
    }
    named.forEach(type -> types.add(type.asString("")));
    given(schema).forEach(value -> types.add(typeOf(value)));
    if (types.contains("integer")) {
      types.add("number");
    }
    return types;
  }

  private static String typeOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case NUMBER -> "number";
      case BOOLEAN -> "boolean";
      case NULL -> "null";
      case ARRAY -> "array";
      default -> "object";
    };
  }
}
