package dev.kawi.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The values of one type that a schema without alternatives allows.
final class ValueSchemas {
  private static final int LARGEST_BOUND = 1_000_000_000;
  private static final int MOST_PREFIX_ITEMS = 200;
  private static final int LONGEST_NAME = 200;

  private final SchemaCompiler compiler;

  ValueSchemas(SchemaCompiler compiler) {
    this.compiler = compiler;
  }

  private static int count(ObjectNode schema, String keyword, int otherwise, SchemaPlace place) {
    JsonNode node = schema.get(keyword);
    if (node == null) {
      return otherwise;
    }
    BigDecimal value = node.isNumber() ? node.decimalValue() : BigDecimal.ONE.negate();
    if (value.signum() < 0 || value.stripTrailingZeros().scale() > 0) {
      throw place.error(
          keyword, "a whole number of at least 0 is expected, found " + SchemaCompiler.brief(node));
    }
    return value.compareTo(BigDecimal.valueOf(LARGEST_BOUND)) >= 0
        ? keyword.startsWith("max") ? Syntax.UNBOUNDED : LARGEST_BOUND
        : value.intValue();
  }

  /// Strings.
  Syntax string(ObjectNode schema, SchemaPlace place) {
    int min = count(schema, "minLength", 0, place);
    int max = count(schema, "maxLength", Syntax.UNBOUNDED, place);
    if (max < min) {
      return Syntax.never();
    }
    boolean bounded = min > 0 || max != Syntax.UNBOUNDED;
    Optional<Regex> pattern = pattern(schema, place);
    Optional<Regex> format = format(schema, place);
    if (pattern.isPresent() && format.isPresent()) {
      compiler.leaveOut(place, "format", "it is not supported together with pattern");
    }
    Optional<Regex> regex = pattern.or(() -> format);
    if (regex.isEmpty()) {
      return bounded ? JsonText.string(min, max) : JsonText.string();
    }
    try {
      return JsonText.quoted(
          bounded
              ? BoundedRegex.syntax(regex.get(), min, max)
              : regex.get().syntax(JsonText::character));
    } catch (GrammarException e) {
      compiler.leaveOut(place, "pattern", e.getMessage());
      return JsonText.string(min, max);
    }
  }

  private Optional<Regex> pattern(ObjectNode schema, SchemaPlace place) {
    JsonNode node = schema.get("pattern");
    if (node == null) {
      return Optional.empty();
    }
    if (!node.isString()) {
      throw place.error("pattern", "a string is expected, found " + SchemaCompiler.brief(node));
    }
    try {
      return Optional.of(RegexParser.parse(node.stringValue()).found());
    } catch (GrammarException e) {
      compiler.leaveOut(place, "pattern", e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Regex> format(ObjectNode schema, SchemaPlace place) {
    String name = schema.path("format").asString("");
    if (Formats.isUnsupported(name)) {
      compiler.leaveOut(place, "format", "\"" + name + "\" is not supported");
    }
    return Formats.expression(name);
  }

  /// Numbers.
  Syntax number(ObjectNode schema, NumberRanges.Kind kind, SchemaPlace place) {
    JsonNode step = schema.get("multipleOf");
    boolean whole = kind == NumberRanges.Kind.INTEGER;
    if (step != null
        && !(whole && step.isNumber() && step.decimalValue().compareTo(BigDecimal.ONE) == 0)) {
      compiler.leaveOut(place, "multipleOf", "it is not supported");
    }
    Optional<NumberRanges.Bound> low =
        tighter(
            bound(schema, "minimum", NumberRanges.Side.INCLUSIVE, place),
            bound(schema, "exclusiveMinimum", NumberRanges.Side.EXCLUSIVE, place),
            1);
    Optional<NumberRanges.Bound> high =
        tighter(
            bound(schema, "maximum", NumberRanges.Side.INCLUSIVE, place),
            bound(schema, "exclusiveMaximum", NumberRanges.Side.EXCLUSIVE, place),
            -1);
    if (low.isEmpty() && high.isEmpty()) {
      return whole ? JsonText.integer() : JsonText.number();
    }
    try {
      return NumberRanges.between(kind, low, high);
    } catch (GrammarException e) {
      throw place.error("minimum and maximum", String.valueOf(e.getMessage()));
    }
  }

  private static Optional<NumberRanges.Bound> bound(
      ObjectNode schema, String keyword, NumberRanges.Side side, SchemaPlace place) {
    JsonNode node = schema.get(keyword);
    if (node == null) {
      return Optional.empty();
    }
    if (!node.isNumber()) {
      throw place.error(keyword, "a number is expected, found " + SchemaCompiler.brief(node));
    }
    return Optional.of(new NumberRanges.Bound(node.decimalValue(), side));
  }

  /// The bound that leaves less.
  ///
  /// @param sign 1 for lower bounds, -1 for upper ones
  private static Optional<NumberRanges.Bound> tighter(
      Optional<NumberRanges.Bound> inclusive, Optional<NumberRanges.Bound> exclusive, int sign) {
    if (inclusive.isEmpty() || exclusive.isEmpty()) {
      return inclusive.or(() -> exclusive);
    }
    int order = sign * Integer.signum(inclusive.get().value().compareTo(exclusive.get().value()));
    return order > 0 ? inclusive : exclusive;
  }

  /// Arrays.
  Syntax array(ObjectNode schema, SchemaPlace place) {
    if (schema.path("uniqueItems").asBoolean(false)) {
      compiler.leaveOut(place, "uniqueItems", "it is not supported");
    }
    JsonNode prefix = schema.path("prefixItems");
    JsonNode items = schema.path("items");
    if (items.isArray()) {
      throw place.error("items", "an array of schemas is called prefixItems since draft 2020-12");
    }
    if (prefix.size() > MOST_PREFIX_ITEMS) {
      throw place.error("prefixItems", "at most %d are possible".formatted(MOST_PREFIX_ITEMS));
    }
    int min = count(schema, "minItems", 0, place);
    int max = count(schema, "maxItems", Syntax.UNBOUNDED, place);
    if (max < min) {
      return Syntax.never();
    }
    List<Syntax> first = new ArrayList<>();
    for (int i = 0; i < Math.min(prefix.size(), max); i++) {
      first.add(compiler.schema(prefix.get(i), place.element(i)));
    }
    Syntax element = Syntax.never();
    if (max > prefix.size() && !(items.isBoolean() && !items.booleanValue())) {
      element = items.isMissingNode() ? JsonText.value() : compiler.schema(items, place.elements());
    }
    return JsonText.array(elements(first, element, min, max));
  }

  /// Elements with commas between them: some of their own kinds, then others of one kind.
  private static Syntax elements(List<Syntax> first, Syntax element, int min, int max) {
    int given = first.size();
    int atLeast = Math.max(0, min - given);
    int atMost = max == Syntax.UNBOUNDED ? max : max - given;
    if (given == 0) {
      Syntax some =
          Syntax.sequence(
              element,
              new Syntax.Repeat(
                  Syntax.sequence(JsonText.comma(), element),
                  Math.max(0, atLeast - 1),
                  atMost == Syntax.UNBOUNDED ? atMost : Math.max(0, atMost - 1)));
      return atMost == 0 ? Syntax.empty() : atLeast == 0 ? Syntax.optional(some) : some;
    }
    Syntax rest = new Syntax.Repeat(Syntax.sequence(JsonText.comma(), element), atLeast, atMost);
    for (int i = given - 1; i >= 0; i--) {
      Syntax here = Syntax.sequence(i == 0 ? Syntax.empty() : JsonText.comma(), first.get(i), rest);
      rest = i < min ? here : Syntax.optional(here);
    }
    return rest;
  }

  /// Objects: declared properties in the order of the schema, then those that `required` names
  /// alone, then others.
  Syntax object(ObjectNode schema, SchemaPlace place) {
    JsonNode declared = schema.path("properties");
    JsonNode others = schema.path("additionalProperties");
    boolean open =
        others.isMissingNode()
            ? declared.isMissingNode()
            : !(others.isBoolean() && !others.booleanValue());
    JsonNode other = others.isMissingNode() ? SchemaCompiler.anything() : others;
    Set<String> required = required(schema, place);
    checkCounts(
        schema, required.size(), open ? Syntax.UNBOUNDED : names(declared, required), place);
    if (declared.isMissingNode() && required.isEmpty() && open && other.isBoolean()) {
      return JsonText.object();
    }
    Map<String, JsonNode> properties = new LinkedHashMap<>();
    declared.properties().forEach(entry -> properties.put(entry.getKey(), entry.getValue()));
    required.forEach(name -> properties.putIfAbsent(name, other));
    List<Syntax.Member> members = new ArrayList<>();
    properties.forEach((name, value) ->
        members.add(
            new Syntax.Member(
                required.contains(name) ? Syntax.Presence.REQUIRED : Syntax.Presence.OPTIONAL,
                JsonText.member(
                    Syntax.text(JsonText.quote(name)),
                    compiler.schema(value, place.property(name))))));
    if (open) {
      Syntax key = properties.isEmpty() ? JsonText.string() : otherKey(properties.keySet(), place);
      members.add(
          new Syntax.Member(
              Syntax.Presence.ANY_NUMBER,
              JsonText.member(key, compiler.schema(other, place.property("*")))));
    }
    return JsonText.object(members);
  }

  private static int names(JsonNode declared, Set<String> required) {
    Set<String> names = new LinkedHashSet<>(required);
    names.addAll(declared.propertyNames());
    return names.size();
  }

  private void checkCounts(ObjectNode schema, int least, int most, SchemaPlace place) {
    if (count(schema, "minProperties", 0, place) > least) {
      compiler.leaveOut(
          place, "minProperties", "it is supported up to the number of required properties");
    }
    if (count(schema, "maxProperties", Syntax.UNBOUNDED, place) < most) {
      compiler.leaveOut(
          place, "maxProperties", "it is supported from the number of declared properties on");
    }
  }

  private static Set<String> required(ObjectNode schema, SchemaPlace place) {
    Set<String> names = new LinkedHashSet<>();
    JsonNode listed = schema.path("required");
    if (!listed.isMissingNode() && !listed.isArray()) {
      throw place.error(
          "required", "an array of names is expected, found " + SchemaCompiler.brief(listed));
    }
    listed.forEach(name -> {
      if (!name.isString()) {
        throw place.error("required", "names are expected, found " + SchemaCompiler.brief(name));
      }
      names.add(name.stringValue());
    });
    return names;
  }

  /// A key that is none of these names, however it could be written.
  private static Syntax otherKey(Set<String> names, SchemaPlace place) {
    for (String name : names) {
      if (name.length() > LONGEST_NAME) {
        throw place.error(
            "additionalProperties",
            "beside it names have at most %d characters".formatted(LONGEST_NAME));
      }
    }
    List<int[]> texts = names.stream().map(name -> name.codePoints().toArray()).toList();
    return JsonText.quoted(new OtherTexts().notOneOf(texts));
  }
}
