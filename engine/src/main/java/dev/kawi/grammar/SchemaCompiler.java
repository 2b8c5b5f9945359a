package dev.kawi.grammar;

import dev.kawi.grammar.JsonSchemas.Unsupported;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

// How it works. A schema becomes a syntax by its type. What applies together (allOf, anyOf beside
// other keywords, $ref beside others) is merged to one schema before (SchemaMerge). Each target of
// a $ref is a rule of its own, compiled once, however often it is referred to, which is what makes
// recursion possible.

/// Compiles one JSON Schema.
final class SchemaCompiler {
  private static final int MAX_DEPTH = 100;
  private static final int MAX_SCHEMAS = 50_000;

  private record Target(Rule rule, JsonNode schema, SchemaPlace place) {}

  private final JsonNode root;
  private final SchemaPlace top;
  private final Unsupported unsupported;
  private final List<String> notices;
  private final RuleCompiler rules = new RuleCompiler();
  private final Map<String, Rule> targets = new LinkedHashMap<>();
  private final Deque<Target> open = new ArrayDeque<>();
  private final ValueSchemas values = new ValueSchemas(this);
  private int schemas;

  SchemaCompiler(JsonNode root, String tool, Unsupported unsupported, List<String> notices) {
    this.root = root;
    this.top = SchemaPlace.top(tool);
    this.unsupported = unsupported;
    this.notices = notices;
  }

  Rule compile() {
    Rule rule = Rule.named(top.toString());
    rules.define(rule, schema(root, top));
    for (Target target = open.poll(); target != null; target = open.poll()) {
      rules.define(target.rule(), schema(target.schema(), target.place()));
    }
    try {
      rules.finish(rule);
    } catch (GrammarException e) {
      throw new GrammarException("json schema: " + e.getMessage());
    }
    return rule;
  }

  /// The values that are valid for a schema.
  Syntax schema(JsonNode schema, SchemaPlace place) {
    if (++schemas > MAX_SCHEMAS) {
      throw place.error(
          "schema", "more than %d schemas have to be combined".formatted(MAX_SCHEMAS));
    }
    if (place.depth() > MAX_DEPTH) {
      throw place.error(
          "schema", "schemas lie in one another more than %d deep".formatted(MAX_DEPTH));
    }
    if (schema.isBoolean()) {
      return schema.booleanValue() ? JsonText.value() : Syntax.never();
    }
    if (!(schema instanceof ObjectNode object)) {
      throw place.error("schema", "an object or a boolean is expected, found " + brief(schema));
    }
    checkSupported(object, place);
    if (object.has("$ref")) {
      return reference(object, place);
    }
    if (object.has("allOf")) {
      return allOf(object, place);
    }
    if (object.has("anyOf")) {
      return alternatives(object, "anyOf", place);
    }
    if (object.has("oneOf")) {
      return alternatives(object, "oneOf", place);
    }
    if (object.has("const") || object.has("enum")) {
      return given(object, place);
    }
    return ofTypes(object, place);
  }

  /// The schema that allows anything.
  static JsonNode anything() {
    return JsonNodeFactory.instance.booleanNode(true);
  }

  static String brief(JsonNode node) {
    String text = node.toString();
    return text.length() > 60 ? text.substring(0, 60) + "..." : text;
  }

  private void checkSupported(ObjectNode schema, SchemaPlace place) {
    schema
        .propertyNames()
        .forEach(keyword -> {
          if (SchemaKeywords.UNSUPPORTED.contains(keyword)) {
            leaveOut(place, keyword, "it is not supported");
          }
        });
    if (place.parent() != null && schema.path("$id").isString()) {
      leaveOut(place, "$id", "it is supported at the top only");
    }
  }

  /// Refuses a keyword, or notes that it is left out.
  void leaveOut(SchemaPlace place, String keyword, String reason) {
    GrammarException error = place.error(keyword, reason);
    switch (unsupported) {
      case REFUSED -> throw error;
      case LEFT_OUT -> notices.add(error.getMessage() + "; it is left out");
    }
  }

  private static boolean asserts(ObjectNode schema) {
    return schema.propertyStream().anyMatch(e -> SchemaKeywords.isAssertion(e.getKey()));
  }

  private static ObjectNode without(ObjectNode schema, String... keywords) {
    ObjectNode rest = schema.deepCopy();
    for (String keyword : keywords) {
      rest.remove(keyword);
    }
    return rest;
  }

  private Syntax reference(ObjectNode schema, SchemaPlace place) {
    String pointer = pointer(schema, place);
    ObjectNode rest = without(schema, "$ref", "$defs", "definitions");
    if (asserts(rest)) {
      JsonNode target = resolve(pointer, place);
      if (target.isBoolean()) {
        return target.booleanValue() ? schema(rest, place.same()) : Syntax.never();
      }
      if (target instanceof ObjectNode object) {
        return schema(new SchemaMerge(place).merge(rest, object), place.same());
      }
    }
    Rule known = targets.get(pointer);
    if (known != null) {
      return new Syntax.Call(known);
    }
    Rule rule = Rule.named(pointer);
    targets.put(pointer, rule);
    SchemaPlace there = new SchemaPlace(top, "(" + pointer + ")", 1);
    open.add(new Target(rule, resolve(pointer, place), there));
    return new Syntax.Call(rule);
  }

  private static String pointer(ObjectNode schema, SchemaPlace place) {
    JsonNode reference = schema.get("$ref");
    if (!reference.isString()) {
      throw place.error("$ref", "a string is expected, found " + brief(reference));
    }
    String text = reference.stringValue();
    if (!text.equals("#") && !text.startsWith("#/")) {
      throw place.error(
          "$ref",
          "only places in the schema itself, such as #/$defs/node, are supported, found " + text);
    }
    return text;
  }

  private JsonNode resolve(String pointer, SchemaPlace place) {
    JsonNode node = root;
    String[] steps = pointer.split("/", -1);
    for (int i = 1; i < steps.length; i++) {
      String step = unescaped(steps[i], place);
      node =
          node.isArray() && step.matches("[0-9]{1,9}")
              ? node.path(Integer.parseInt(step))
              : node.path(step);
    }
    if (node.isMissingNode()) {
      throw place.error("$ref", "nothing is at " + pointer);
    }
    return node;
  }

  private static String unescaped(String step, SchemaPlace place) {
    try {
      return URLDecoder.decode(step.replace("+", "%2B"), StandardCharsets.UTF_8)
          .replace("~1", "/")
          .replace("~0", "~");
    } catch (IllegalArgumentException e) {
      throw place.error("$ref", "it is badly escaped: " + step);
    }
  }

  private Syntax allOf(ObjectNode schema, SchemaPlace place) {
    ObjectNode merged = without(schema, "allOf");
    for (JsonNode branch : options(schema, "allOf", place)) {
      if (branch.isBoolean()) {
        if (!branch.booleanValue()) {
          return Syntax.never();
        }
      } else if (branch instanceof ObjectNode object) {
        merged = new SchemaMerge(place).merge(merged, expanded(object, merged, place));
      } else {
        throw place.error("allOf", "schemas are expected, found " + brief(branch));
      }
    }
    return schema(merged, place.same());
  }

  /// A branch that can be merged: its `$ref` is replaced by what it refers to, unless it is all
  /// that there is.
  private ObjectNode expanded(ObjectNode branch, ObjectNode beside, SchemaPlace place) {
    ObjectNode expanded = branch;
    boolean alone = !asserts(beside);
    for (int i = 0; expanded.has("$ref") && !(alone && !asserts(without(expanded, "$ref"))); i++) {
      if (i > MAX_DEPTH) {
        throw place.error("$ref", "it refers to itself");
      }
      JsonNode target = resolve(pointer(expanded, place), place);
      ObjectNode rest = without(expanded, "$ref");
      if (!(target instanceof ObjectNode object)) {
        throw place.error("$ref", "a schema is expected, found " + brief(target));
      }
      expanded = new SchemaMerge(place).merge(rest, object);
    }
    return expanded;
  }

  private static List<JsonNode> options(ObjectNode schema, String keyword, SchemaPlace place) {
    JsonNode options = schema.get(keyword);
    if (!options.isArray() || options.isEmpty()) {
      throw place.error(keyword, "an array of schemas is expected, found " + brief(options));
    }
    List<JsonNode> list = new ArrayList<>();
    options.forEach(list::add);
    return list;
  }

  private Syntax alternatives(ObjectNode schema, String keyword, SchemaPlace place) {
    List<JsonNode> options = options(schema, keyword, place);
    ObjectNode base = without(schema, keyword, "$defs", "definitions");
    if (keyword.equals("oneOf") && options.size() > 1) {
      Optional<String> overlap =
          new Disjoint(reference -> resolve(reference, place)).overlap(options);
      overlap.ifPresent(which ->
          leaveOut(
              place, "oneOf", which + "; use anyOf, or give each a property with another const"));
    }
    List<Syntax> syntaxes = new ArrayList<>();
    for (JsonNode option : options) {
      if (!asserts(base) || option.isBoolean()) {
        boolean never = option.isBoolean() && !option.booleanValue();
        syntaxes.add(schema(never || !asserts(base) ? option : base, place.same()));
      } else if (option instanceof ObjectNode object) {
        ObjectNode expanded = expanded(object, base, place);
        syntaxes.add(schema(new SchemaMerge(place).merge(base, expanded), place.same()));
      } else {
        throw place.error(keyword, "schemas are expected, found " + brief(option));
      }
    }
    return new Syntax.Alternatives(syntaxes);
  }

  private Syntax given(ObjectNode schema, SchemaPlace place) {
    List<JsonNode> candidates = new ArrayList<>();
    if (schema.has("const")) {
      candidates.add(schema.get("const"));
    } else {
      JsonNode listed = schema.get("enum");
      if (!listed.isArray()) {
        throw place.error("enum", "an array is expected, found " + brief(listed));
      }
      listed.forEach(candidates::add);
    }
    List<JsonNode> allowed = new ArrayList<>(candidates);
    if (schema.has("const") && schema.has("enum")) {
      Set<JsonNode> listed = new LinkedHashSet<>();
      schema.get("enum").forEach(listed::add);
      allowed.retainAll(listed);
    }
    ObjectNode rest = without(schema, "const", "enum", "$defs", "definitions");
    if (asserts(rest)) {
      Grammar grammar = JsonSchemas.compile(rest, "", Unsupported.LEFT_OUT).grammar();
      boolean open = rest.has("properties") && !rest.has("additionalProperties");
      if (open) {
        throw place.error("properties", "it is not supported beside enum or const");
      }
      allowed.removeIf(value -> !grammar.matches(value.toString()));
    }
    List<String> texts = new ArrayList<>();
    List<Syntax> nested = new ArrayList<>();
    for (JsonNode value : allowed) {
      if (JsonText.value(value) instanceof Syntax.Literal(String text)) {
        texts.add(text);
      } else {
        nested.add(JsonText.value(value));
      }
    }
    nested.add(new Syntax.AnyText(texts));
    return new Syntax.Alternatives(nested);
  }

  private Syntax ofTypes(ObjectNode schema, SchemaPlace place) {
    Set<String> types = types(schema, place);
    if (types.isEmpty()) {
      return JsonText.value();
    }
    List<Syntax> options = new ArrayList<>();
    for (String type : types) {
      switch (type) {
        case "null" -> options.add(Syntax.text("null"));
        case "boolean" -> options.add(Syntax.anyOf(Syntax.text("true"), Syntax.text("false")));
        case "string" -> options.add(values.string(schema, place));
        case "integer" -> {
          if (!types.contains("number")) {
            options.add(values.number(schema, NumberRanges.Kind.INTEGER, place));
          }
        }
        case "number" -> options.add(values.number(schema, NumberRanges.Kind.DECIMAL, place));
        case "array" -> options.add(values.array(schema, place));
        case "object" -> options.add(values.object(schema, place));
        default ->
            throw place.error(
                "type",
                "one of null, boolean, string, integer, number, array, object is expected, found "
                    + type);
      }
    }
    return options.size() == 1 ? options.getFirst() : new Syntax.Alternatives(options);
  }

  /// The types that a schema names or else, from keywords that say nothing of others, means.
  private static Set<String> types(ObjectNode schema, SchemaPlace place) {
    Set<String> types = new LinkedHashSet<>();
    JsonNode named = schema.get("type");
    if (named == null) {
      SchemaKeywords.OF_TYPE.forEach((type, keywords) -> {
        if (keywords.stream().anyMatch(schema::has)) {
          types.add(type);
        }
      });
      return types;
    }
    if (named.isArray()) {
      named.forEach(type -> types.add(type.asString("")));
      return types.isEmpty() ? Set.of("nothing") : types;
    }
    if (!named.isString()) {
      throw place.error("type", "a name or an array of names is expected, found " + brief(named));
    }
    types.add(named.stringValue());
    return types;
  }
}
