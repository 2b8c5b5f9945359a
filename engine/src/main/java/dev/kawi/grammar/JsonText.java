package dev.kawi.grammar;

import static dev.kawi.grammar.Syntax.anyOf;
import static dev.kawi.grammar.Syntax.chars;
import static dev.kawi.grammar.Syntax.optional;
import static dev.kawi.grammar.Syntax.sequence;
import static dev.kawi.grammar.Syntax.text;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The parts of JSON (RFC 8259), each compiled once for all schemas, so that what is known of them
/// for a vocabulary serves all.
///
/// Between tokens, but not before a comma or colon, white space may be nothing, a space, or a line
/// break with up to 32 spaces or tabs. Numbers have up to 16 digits before and after the point and
/// two of exponent, so that every reader takes them. Escapes never give half a surrogate pair.
final class JsonText {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /// Code points that a string holds as they are.
  private static final CodePoints PLAIN = CodePoints.of(0x20, 0x21, 0x23, 0x5B, 0x5D, 0x10FFFF);

  private static final CodePoints ESCAPED = PLAIN.complement();
  private static final Syntax HEX = chars('0', '9', 'a', 'f', 'A', 'F');
  private static final Syntax DIGIT = chars('0', '9');

  private static final Syntax CHARACTER =
      anyOf(
          new Syntax.Chars(PLAIN),
          sequence(
              text("\\"),
              chars(
                  '"', '"', '\\', '\\', '/', '/', 'b', 'b', 'f', 'f', 'n', 'n', 'r', 'r', 't',
                  't')),
          sequence(
              text("\\u"), chars('0', '9', 'a', 'c', 'A', 'C', 'e', 'f', 'E', 'F'), HEX, HEX, HEX),
          sequence(text("\\u"), chars('d', 'd', 'D', 'D'), chars('0', '7'), HEX, HEX),
          sequence(
              text("\\u"),
              chars('d', 'd', 'D', 'D'),
              chars('8', '9', 'a', 'b', 'A', 'B'),
              HEX,
              HEX,
              text("\\u"),
              chars('d', 'd', 'D', 'D'),
              chars('c', 'f', 'C', 'F'),
              HEX,
              HEX));

  private static final Syntax INTEGER =
      sequence(
          optional(text("-")),
          anyOf(text("0"), sequence(chars('1', '9'), new Syntax.Repeat(DIGIT, 0, 15))));

  private static final Syntax NUMBER =
      sequence(
          INTEGER,
          optional(sequence(text("."), new Syntax.Repeat(DIGIT, 1, 16))),
          optional(
              sequence(
                  chars('e', 'e', 'E', 'E'),
                  optional(chars('+', '+', '-', '-')),
                  new Syntax.Repeat(DIGIT, 1, 2))));

  private static final Syntax SPACE =
      shared(
          "space",
          anyOf(
              Syntax.empty(),
              text(" "),
              sequence(text("\n"), new Syntax.Repeat(chars(' ', ' ', '\t', '\t'), 0, 32))));

  private static final Syntax ANY_CHARACTER = shared("character", CHARACTER);

  private static final Syntax ANY_STRING =
      shared(
          "string",
          sequence(text("\""), new Syntax.Repeat(CHARACTER, 0, Syntax.UNBOUNDED), text("\"")));

  private static final Syntax ANY_INTEGER = shared("integer", INTEGER);
  private static final Syntax ANY_NUMBER = shared("number", NUMBER);
  private static final Rule VALUE = Rule.named("value");
  private static final Rule OBJECT = Rule.named("object");

  static {
    Syntax value = new Syntax.Call(VALUE);
    RuleCompiler compiler = new RuleCompiler();
    compiler.define(
        OBJECT,
        object(List.of(new Syntax.Member(Syntax.Presence.ANY_NUMBER, member(ANY_STRING, value)))));
    compiler.define(
        VALUE,
        anyOf(
            ANY_STRING,
            ANY_NUMBER,
            text("true"),
            text("false"),
            text("null"),
            new Syntax.Call(OBJECT),
            array(Syntax.optional(listOf(value)))));
    compiler.finish(VALUE);
  }

  private JsonText() {}

  private static Syntax shared(String name, Syntax syntax) {
    return new Syntax.Call(RuleCompiler.compile(name, syntax));
  }

  /// Any string.
  static Syntax string() {
    return ANY_STRING;
  }

  /// A string of so many code points.
  static Syntax string(int min, int max) {
    return shared("string", quoted(new Syntax.Repeat(ANY_CHARACTER, min, max)));
  }

  /// A string of which the inside is given as it is written.
  static Syntax quoted(Syntax inside) {
    return sequence(text("\""), inside, text("\""));
  }

  /// Any integer, without fraction and exponent.
  static Syntax integer() {
    return ANY_INTEGER;
  }

  /// Any number.
  static Syntax number() {
    return ANY_NUMBER;
  }

  /// Any value.
  static Syntax value() {
    return new Syntax.Call(VALUE);
  }

  /// Any object.
  static Syntax object() {
    return new Syntax.Call(OBJECT);
  }

  /// An object of these members.
  static Syntax object(List<Syntax.Member> members) {
    return sequence(text("{"), SPACE, new Syntax.Members(members, comma()), SPACE, text("}"));
  }

  /// A member of an object.
  static Syntax member(Syntax key, Syntax value) {
    return sequence(key, text(":"), SPACE, value);
  }

  /// An array of which the elements and the commas between them are given.
  static Syntax array(Syntax elements) {
    return sequence(text("["), SPACE, elements, SPACE, text("]"));
  }

  /// What stands between two members or elements.
  static Syntax comma() {
    return sequence(text(","), SPACE);
  }

  private static Syntax listOf(Syntax element) {
    return sequence(element, new Syntax.Repeat(sequence(comma(), element), 0, Syntax.UNBOUNDED));
  }

  /// One of these code points as a string has it, each in one way: escaped only where that must be.
  static Syntax character(CodePoints set) {
    CodePoints escaped = set.intersect(ESCAPED);
    if (escaped.isEmpty()) {
      return new Syntax.Chars(set);
    }
    List<String> escapes = new ArrayList<>();
    for (int i = 0; i < escaped.ranges(); i++) {
      for (int c = escaped.first(i); c <= escaped.last(i); c++) {
        escapes.add(escape(c));
      }
    }
    return anyOf(new Syntax.Chars(set.intersect(PLAIN)), new Syntax.AnyText(escapes));
  }

  private static String escape(int c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> "\\u%04x".formatted(c);
    };
  }

  /// A given string with its quotes, in the one way in which it is written.
  static String quote(String string) {
    StringBuilder quoted = new StringBuilder("\"");
    string
        .codePoints()
        .forEach(c -> {
          if (PLAIN.contains(c)) {
            quoted.appendCodePoint(c);
          } else if (ESCAPED.contains(c)) {
            quoted.append(escape(c));
          } else {
            throw new GrammarException(
                "json schema: a string holds half a surrogate pair, which no text can");
          }
        });
    return quoted.append('"').toString();
  }

  /// A given value.
  static Syntax value(JsonNode value) {
    if (value.isString()) {
      return text(quote(value.stringValue()));
    }
    if (value.isObject()) {
      return object(
          value.properties().stream()
              .map(entry ->
                  new Syntax.Member(
                      Syntax.Presence.REQUIRED,
                      member(text(quote(entry.getKey())), value(entry.getValue()))))
              .toList());
    }
    if (value.isArray()) {
      List<Syntax> parts = new ArrayList<>();
      for (JsonNode element : value) {
        if (!parts.isEmpty()) {
          parts.add(comma());
        }
        parts.add(value(element));
      }
      return array(new Syntax.Sequence(parts));
    }
    return text(MAPPER.writeValueAsString(value));
  }
}
