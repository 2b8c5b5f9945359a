package dev.kawi.grammar;

import java.util.Map;
import java.util.Set;

/// The keywords of JSON Schema that say what is valid, by how they are treated. Others are
/// annotations, as the specification has it for keywords that it does not know.
final class SchemaKeywords {
  /// Keywords that apply to values of a type only.
  static final Map<String, Set<String>> OF_TYPE =
      Map.of(
          "object",
          Set.of(
              "properties", "required", "additionalProperties", "minProperties", "maxProperties"),
          "array",
          Set.of("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
          "string",
          Set.of("minLength", "maxLength", "pattern", "format"),
          "number",
          Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"));

  /// Keywords for which there is no grammar here.
  static final Set<String> UNSUPPORTED =
      Set.of(
          "not",
          "if",
          "then",
          "else",
          "patternProperties",
          "propertyNames",
          "dependentRequired",
          "dependentSchemas",
          "dependencies",
          "unevaluatedProperties",
          "unevaluatedItems",
          "additionalItems",
          "contains",
          "minContains",
          "maxContains",
          "$dynamicRef",
          "$recursiveRef");

  /// Keywords that say what is valid for any type.
  static final Set<String> GENERAL =
      Set.of("$ref", "type", "enum", "const", "anyOf", "oneOf", "allOf");

  private SchemaKeywords() {}

  /// Whether a keyword restricts what is valid.
  static boolean isAssertion(String keyword) {
    return GENERAL.contains(keyword)
        || UNSUPPORTED.contains(keyword)
        || OF_TYPE.values().stream().anyMatch(keywords -> keywords.contains(keyword));
  }
}
