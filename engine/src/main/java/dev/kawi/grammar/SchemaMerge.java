package dev.kawi.grammar;

import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The schema that says what two schemas say together, keyword by keyword.
final class SchemaMerge {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int MOST_COMBINATIONS = 1000;

  private final SchemaPlace place;

  SchemaMerge(SchemaPlace place) {
    this.place = place;
  }

  /// Both schemas in one.
  ///
  /// @throws GrammarException if two keywords cannot be combined
  ObjectNode merge(ObjectNode a, ObjectNode b) {
    ObjectNode merged = a.deepCopy();
    b.properties()
        .forEach(entry -> {
          String keyword = entry.getKey();
          if (!keyword.equals("properties") && !keyword.equals("additionalProperties")) {
            JsonNode known = a.get(keyword);
            merged.set(
                keyword,
                known == null
                        || known.equals(entry.getValue())
                        || !SchemaKeywords.isAssertion(keyword)
                    ? entry.getValue()
                    : combine(keyword, known, entry.getValue()));
          }
        });
    mergeProperties(a, b, merged);
    return merged;
  }

  private JsonNode combine(String keyword, JsonNode a, JsonNode b) {
    return switch (keyword) {
      case "type" -> types(a, b);
      case "required" -> union(a, b);
      case "enum" -> common(a, b);
      case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties" ->
          number(a).compareTo(number(b)) >= 0 ? a : b;
      case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties" ->
          number(a).compareTo(number(b)) <= 0 ? a : b;
      case "items" -> both(a, b);
      case "anyOf" -> combinations(a, b);
      case "allOf" -> concatenated(a, b);
      case "uniqueItems" -> a.asBoolean() ? a : b;
      default ->
          throw place.error(keyword, "two different ones apply together, which is not supported");
    };
  }

  private static BigDecimal number(JsonNode node) {
    return node.isNumber() ? node.decimalValue() : BigDecimal.ZERO;
  }

  private static ArrayNode array(JsonNode node) {
    return node instanceof ArrayNode array ? array : NODES.arrayNode().add(node);
  }

  private static JsonNode types(JsonNode a, JsonNode b) {
    Set<String> left = names(a);
    Set<String> right = names(b);
    ArrayNode types = NODES.arrayNode();
    for (String type : left) {
      if (right.contains(type) || (type.equals("integer") && right.contains("number"))) {
        types.add(type);
      }
    }
    if (left.contains("number")
        && !left.contains("integer")
        && right.contains("integer")
        && !right.contains("number")) {
      types.add("integer");
    }
    return types;
  }

  private static Set<String> names(JsonNode types) {
    Set<String> names = new LinkedHashSet<>();
    array(types).forEach(type -> names.add(type.asString("")));
    return names;
  }

  private static JsonNode union(JsonNode a, JsonNode b) {
    Set<JsonNode> all = new LinkedHashSet<>();
    array(a).forEach(all::add);
    array(b).forEach(all::add);
    return NODES.arrayNode().addAll(all);
  }

  private static JsonNode common(JsonNode a, JsonNode b) {
    ArrayNode common = NODES.arrayNode();
    Set<JsonNode> others = new LinkedHashSet<>();
    array(b).forEach(others::add);
    array(a)
        .forEach(value -> {
          if (others.contains(value)) {
            common.add(value);
          }
        });
    return common;
  }

  private static JsonNode concatenated(JsonNode a, JsonNode b) {
    ArrayNode all = NODES.arrayNode();
    array(a).forEach(all::add);
    array(b).forEach(all::add);
    return all;
  }

  private static ObjectNode both(JsonNode a, JsonNode b) {
    return NODES.objectNode().set("allOf", NODES.arrayNode().add(a).add(b));
  }

  private JsonNode combinations(JsonNode a, JsonNode b) {
    if ((long) a.size() * b.size() > MOST_COMBINATIONS) {
      throw place.error("anyOf", "two with many options each apply together, which is too much");
    }
    ArrayNode options = NODES.arrayNode();
    array(a).forEach(left -> array(b).forEach(right -> options.add(both(left, right))));
    return options;
  }

  /// A property that only one side declares must satisfy the other side's `additionalProperties`.
  private static void mergeProperties(ObjectNode a, ObjectNode b, ObjectNode merged) {
    JsonNode left = a.path("properties");
    JsonNode right = b.path("properties");
    if (left.isObject() || right.isObject()) {
      ObjectNode properties = NODES.objectNode();
      for (Map.Entry<String, JsonNode> entry : left.properties()) {
        properties.set(entry.getKey(), restricted(entry, right, b));
      }
      for (Map.Entry<String, JsonNode> entry : right.properties()) {
        if (!left.has(entry.getKey())) {
          properties.set(entry.getKey(), restricted(entry, left, a));
        }
      }
      merged.set("properties", properties);
    }
    JsonNode others = a.get("additionalProperties");
    JsonNode more = b.get("additionalProperties");
    if (others == null || more == null) {
      if (more != null) {
        merged.set("additionalProperties", more);
      }
    } else if (!others.equals(more)) {
      merged.set("additionalProperties", both(others, more));
    }
  }

  private static JsonNode restricted(
      Map.Entry<String, JsonNode> property, JsonNode declared, ObjectNode other) {
    JsonNode same = declared.get(property.getKey());
    JsonNode limit = same == null ? other.get("additionalProperties") : same;
    return limit == null || limit.equals(property.getValue())
        ? property.getValue()
        : both(property.getValue(), limit);
  }
}
