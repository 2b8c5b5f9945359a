package dev.kawi.chat;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which JSON types an argument may have by its tool's schema, for formats that write values as
/// plain text.
///
/// @param types names of JSON types; empty if the schema does not say
record ArgumentTypes(Set<String> types) {
  /// What the model itself says of a value.
  enum Written {
    /// Nothing: the schema tells.
    BY_SCHEMA,
    /// It is a string.
    AS_TEXT,
    /// It is JSON.
    AS_JSON;

    boolean mayBe(boolean text) {
      return this == BY_SCHEMA || (this == AS_TEXT) == text;
    }
  }

  ArgumentTypes {
    types = Set.copyOf(types);
  }

  /// The types that a schema allows.
  ///
  /// @param root the schema that `$ref` refers to
  static ArgumentTypes of(
      Map<String, @Nullable Object> schema, Map<String, @Nullable Object> root) {
    Set<String> types = new LinkedHashSet<>();
    collect(schema, root, types, new HashSet<>());
    return new ArgumentTypes(types);
  }

  private static void collect(
      Map<String, @Nullable Object> schema,
      Map<String, @Nullable Object> root,
      Set<String> types,
      Set<String> followed) {
    switch (schema.get("type")) {
      case String type -> types.add(type);
      case List<?> list -> list.forEach(type -> types.add(String.valueOf(type)));
      case null, default -> {}
    }
    if (types.isEmpty() && schema.get("enum") instanceof List<?> values) {
      values.forEach(value -> types.add(typeOf(value)));
    }
    if (types.isEmpty() && schema.containsKey("const")) {
      types.add(typeOf(schema.get("const")));
    }
    for (String union : List.of("anyOf", "oneOf", "allOf")) {
      if (schema.get(union) instanceof List<?> options) {
        options.forEach(option -> collect(object(option), root, types, followed));
      }
    }
    if (schema.get("$ref") instanceof String reference && followed.add(reference)) {
      collect(resolve(reference, root), root, types, followed);
    }
  }

  private static Map<String, @Nullable Object> resolve(
      String reference, Map<String, @Nullable Object> root) {
    Map<String, @Nullable Object> at = root;
    if (!reference.startsWith("#/")) {
      return Map.of();
    }
    for (String step : reference.substring(2).split("/", -1)) {
      at = object(at.get(step));
    }
    return at;
  }

  private static String typeOf(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case Boolean b -> "boolean";
      case Number n -> "number";
      case List<?> l -> "array";
      case Map<?, ?> m -> "object";
      default -> "string";
    };
  }

  /// The arguments of a tool and their schemas.
  static Map<String, Map<String, @Nullable Object>> properties(
      Map<String, @Nullable Object> parameters) {
    Map<String, Map<String, @Nullable Object>> all = new LinkedHashMap<>();
    object(parameters.get("properties")).forEach((key, schema) -> all.put(key, object(schema)));
    return all;
  }

  /// The schema of an argument; empty for one that the tool does not name.
  static Map<String, @Nullable Object> property(
      Map<String, @Nullable Object> parameters, String key) {
    return object(object(parameters.get("properties")).get(key));
  }

  static boolean isRequired(Map<String, @Nullable Object> parameters, String key) {
    return parameters.get("required") instanceof List<?> list && list.contains(key);
  }

  /// A part of a schema that can stand without the rest.
  static Map<String, @Nullable Object> standalone(
      Map<String, @Nullable Object> schema, Map<String, @Nullable Object> root) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(schema);
    for (String definitions : List.of("$defs", "definitions")) {
      if (root.containsKey(definitions)) {
        all.put(definitions, root.get(definitions));
      }
    }
    return all;
  }

  private static Map<String, @Nullable Object> object(@Nullable Object value) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> given) {
      given.forEach((key, each) -> map.put(String.valueOf(key), each));
    }
    return map;
  }

  /// Whether a value can only be a string.
  boolean isText() {
    return types.equals(Set.of("string"));
  }

  /// A value as JSON. Where the schema allows a string, only what is clearly of another type that
  /// it allows, too, is taken as such; where it says nothing, what is JSON is JSON.
  String json(String text, Written written) {
    return switch (written) {
      case AS_TEXT -> JsonText.write(text);
      case AS_JSON -> plain(text).orElseGet(() -> JsonText.write(text));
      case BY_SCHEMA ->
          isText()
              ? JsonText.write(text)
              : plain(text).filter(this::allows).orElseGet(() -> JsonText.write(text));
    };
  }

  private boolean allows(String json) {
    if (types.isEmpty()) {
      return true;
    }
    return switch (json.charAt(0)) {
      case '{' -> types.contains("object");
      case '[' -> types.contains("array");
      case 't', 'f' -> types.contains("boolean");
      case 'n' -> types.contains("null");
      case '"' -> !types.contains("string");
      default -> types.contains("number") || types.contains("integer");
    };
  }

  /// The JSON that a text is, also as Python writes it; empty if it is none.
  private static Optional<String> plain(String text) {
    String trimmed = text.strip();
    List<String> python = List.of("True", "False", "None");
    String json =
        python.contains(trimmed)
            ? List.of("true", "false", "null").get(python.indexOf(trimmed))
            : trimmed;
    if (json.equals("null")) {
      return Optional.of(json);
    }
    return JsonText.read(json).filter(ArgumentTypes::isFinite).map(value -> json);
  }

  private static boolean isFinite(Object value) {
    return !(value instanceof Double number) || Double.isFinite(number);
  }
}
