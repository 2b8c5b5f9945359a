package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads GBNF, the grammar notation of llama.cpp (its `grammars/README.md`): rules `name ::= ...`
/// from `root` on, literals, sets, groups, `* + ? {m,n}`, `.` and comments. References to tokens
/// (`<think>`, `<[1000]>`) are not supported.
public final class Gbnf {
  private static final int LONGEST = 1_000_000;
  private static final int MAX_DEPTH = 100;
  private static final int LARGEST_BOUND = 1_000_000_000;
  private static final String ROOT = "root";

  private final int[] text;
  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private final Map<String, Syntax> bodies = new LinkedHashMap<>();
  private int at;
  private int depth;

  private Gbnf(String source) {
    text = source.codePoints().toArray();
  }

  /// Compiles a grammar.
  ///
  /// @throws GrammarException if it is malformed, lacks a rule, or a rule begins with itself
  public static Grammar compile(String source) {
    if (source.length() > LONGEST) {
      throw new GrammarException(
          "grammar: at most %d characters are possible, found %d"
              .formatted(LONGEST, source.length()));
    }
    return new Gbnf(source).compile();
  }

  private Grammar compile() {
    skipBlank(Lines.CROSSED);
    while (at < text.length) {
      rule();
      skipBlank(Lines.CROSSED);
    }
    if (!bodies.containsKey(ROOT)) {
      throw new GrammarException("grammar: the rule root is expected, there is none");
    }
    RuleCompiler compiler = new RuleCompiler();
    rules.forEach((name, rule) -> {
      Syntax body = bodies.get(name);
      if (body == null) {
        throw new GrammarException("grammar: the rule %s is used but not defined".formatted(name));
      }
      compiler.define(rule, body);
    });
    Rule root = called(ROOT);
    compiler.finish(root);
    return new Grammar(root);
  }

  private enum Lines {
    KEPT,
    CROSSED
  }

  private GrammarException error(String message) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(at, text.length); i++) {
      column = text[i] == '\n' ? 1 : column + 1;
      line += text[i] == '\n' ? 1 : 0;
    }
    return new GrammarException("grammar: line %d, column %d: %s".formatted(line, column, message));
  }

  private int peek() {
    return at < text.length ? text[at] : -1;
  }

  private boolean skip(char c) {
    if (peek() == c) {
      at++;
      return true;
    }
    return false;
  }

  private boolean skip(String expected) {
    for (int i = 0; i < expected.length(); i++) {
      if (at + i >= text.length || text[at + i] != expected.charAt(i)) {
        return false;
      }
    }
    at += expected.length();
    return true;
  }

  private void skipBlank(Lines lines) {
    while (at < text.length) {
      if (text[at] == '#') {
        while (at < text.length && text[at] != '\n') {
          at++;
        }
      } else if (text[at] == ' '
          || text[at] == '\t'
          || (lines == Lines.CROSSED && (text[at] == '\n' || text[at] == '\r'))) {
        at++;
      } else {
        return;
      }
    }
  }

  private static boolean isNamed(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_';
  }

  private String name() {
    int start = at;
    while (isNamed(peek())) {
      at++;
    }
    if (at == start) {
      throw error("a rule's name is expected");
    }
    return new String(text, start, at - start);
  }

  private Rule called(String name) {
    return rules.computeIfAbsent(name, Rule::named);
  }

  private void rule() {
    String name = name();
    skipBlank(Lines.KEPT);
    if (!skip("::=")) {
      throw error("::= is expected after " + name);
    }
    skipBlank(Lines.CROSSED);
    called(name);
    if (bodies.put(name, alternatives(Lines.KEPT)) != null) {
      throw error("the rule " + name + " is defined twice");
    }
    if (at < text.length && text[at] != '\n' && text[at] != '\r') {
      throw error("the end of the rule is expected");
    }
  }

  /// @param lines whether a line break ends it, as outside of brackets
  private Syntax alternatives(Lines lines) {
    if (++depth > MAX_DEPTH) {
      throw error("more than " + MAX_DEPTH + " nested groups");
    }
    List<Syntax> options = new ArrayList<>();
    options.add(sequence(lines));
    while (skip('|')) {
      skipBlank(Lines.CROSSED);
      options.add(sequence(lines));
    }
    depth--;
    return options.size() == 1 ? options.getFirst() : new Syntax.Alternatives(options);
  }

  private Syntax sequence(Lines lines) {
    List<Syntax> parts = new ArrayList<>();
    while (true) {
      int c = peek();
      Syntax part;
      if (c == '"') {
        part = literal();
      } else if (c == '[') {
        part = set();
      } else if (c == '.') {
        at++;
        part = new Syntax.Chars(CodePoints.ALL);
      } else if (c == '(') {
        at++;
        skipBlank(Lines.CROSSED);
        part = alternatives(Lines.CROSSED);
        if (!skip(')')) {
          throw error("a ) is expected");
        }
      } else if (isNamed(c)) {
        part = new Syntax.Call(called(name()));
      } else if (c == '<' || c == '!') {
        throw error("references to tokens such as <think> or <[1000]> are not supported");
      } else {
        return parts.size() == 1 ? parts.getFirst() : new Syntax.Sequence(parts);
      }
      skipBlank(lines);
      part = quantified(part, lines);
      parts.add(part);
    }
  }

  private Syntax quantified(Syntax part, Lines lines) {
    Syntax result = part;
    while (true) {
      if (skip('*')) {
        result = new Syntax.Repeat(result, 0, Syntax.UNBOUNDED);
      } else if (skip('+')) {
        result = new Syntax.Repeat(result, 1, Syntax.UNBOUNDED);
      } else if (skip('?')) {
        result = Syntax.optional(result);
      } else if (skip('{')) {
        result = bounded(result);
      } else {
        return result;
      }
      if (++depth > MAX_DEPTH) {
        throw error("more than " + MAX_DEPTH + " quantifiers in a row");
      }
      skipBlank(lines);
    }
  }

  private Syntax bounded(Syntax part) {
    skipBlank(Lines.KEPT);
    int min = number();
    skipBlank(Lines.KEPT);
    int max = min;
    if (skip(',')) {
      skipBlank(Lines.KEPT);
      max = peek() == '}' ? Syntax.UNBOUNDED : number();
      skipBlank(Lines.KEPT);
    }
    if (!skip('}')) {
      throw error("a } is expected");
    }
    if (max < min) {
      throw error("{m,n} needs m <= n, found {%d,%d}".formatted(min, max));
    }
    return new Syntax.Repeat(part, min, max);
  }

  private int number() {
    int start = at;
    long value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + text[at++] - '0';
      if (value > LARGEST_BOUND) {
        throw error("a bound above " + LARGEST_BOUND);
      }
    }
    if (at == start) {
      throw error("a number is expected");
    }
    return (int) value;
  }

  private Syntax literal() {
    at++;
    StringBuilder literal = new StringBuilder();
    while (peek() != '"') {
      literal.appendCodePoint(character());
    }
    at++;
    return new Syntax.Literal(literal.toString());
  }

  private Syntax set() {
    at++;
    boolean negated = skip('^');
    List<Integer> ranges = new ArrayList<>();
    while (peek() != ']') {
      int first = character();
      int last = first;
      if (peek() == '-' && at + 1 < text.length && text[at + 1] != ']') {
        at++;
        last = character();
        if (last < first) {
          throw error("a range the wrong way round");
        }
      }
      ranges.add(first);
      ranges.add(last);
    }
    at++;
    CodePoints set = CodePoints.of(ranges.stream().mapToInt(Integer::intValue).toArray());
    return new Syntax.Chars(negated ? set.complement() : set);
  }

  private int character() {
    if (at >= text.length) {
      throw error("a literal or set does not end");
    }
    int c = text[at++];
    if (c != '\\') {
      return c;
    }
    int escaped = peek();
    at++;
    return switch (escaped) {
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'n' -> '\n';
      case '\\', '"', '[', ']', '-', '^' -> escaped;
      default -> throw error("an unknown escape");
    };
  }

  private int hex(int digits) {
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = peek() >= 0 && peek() < 128 ? Character.digit(peek(), 16) : -1;
      if (digit < 0) {
        throw error("%d hexadecimal digits are expected".formatted(digits));
      }
      value = value * 16 + digit;
      at++;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw error("a code point above 10FFFF");
    }
    return (int) value;
  }
}
