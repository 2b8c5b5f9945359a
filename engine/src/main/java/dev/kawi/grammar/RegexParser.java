package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/// Reads regular expressions: what ECMA-262 and Java have in common, without what is no regular
/// language (back-references) and what looks around.
final class RegexParser {
  static final int LONGEST = 100_000;
  private static final int MAX_DEPTH = 100;
  private static final int LARGEST_BOUND = 1_000_000_000;
  private static final Map<String, CodePoints> CATEGORIES = new ConcurrentHashMap<>();

  private final String source;
  private final int[] pattern;
  private int at;
  private int depth;

  private RegexParser(String source) {
    this.source = source;
    this.pattern = source.codePoints().toArray();
  }

  /// Reads a whole expression.
  ///
  /// @throws GrammarException if it is malformed or uses what is not supported
  static Regex parse(String source) {
    if (source.length() > LONGEST) {
      throw new GrammarException(
          "regular expression: at most %d characters are possible, found %d"
              .formatted(LONGEST, source.length()));
    }
    RegexParser parser = new RegexParser(source);
    Regex regex = parser.alternatives();
    if (parser.at < parser.pattern.length) {
      throw parser.error("a ) without (");
    }
    return regex;
  }

  private GrammarException error(String found) {
    String shown = source.length() > 80 ? source.substring(0, 80) + "..." : source;
    return new GrammarException(
        "regular expression: %s at character %d of %s".formatted(found, at + 1, shown));
  }

  private GrammarException unsupported(String what) {
    return error(what + " is not supported");
  }

  private boolean more() {
    return at < pattern.length;
  }

  private boolean peek(char c) {
    return more() && pattern[at] == c;
  }

  private boolean skip(char c) {
    if (peek(c)) {
      at++;
      return true;
    }
    return false;
  }

  private boolean skip(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (at + i >= pattern.length || pattern[at + i] != text.charAt(i)) {
        return false;
      }
    }
    at += text.length();
    return true;
  }

  private Regex alternatives() {
    if (++depth > MAX_DEPTH) {
      throw error("more than " + MAX_DEPTH + " nested groups");
    }
    List<Regex> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (skip('|'));
    depth--;
    return options.size() == 1 ? options.getFirst() : new Regex.Alternatives(options);
  }

  private Regex sequence() {
    List<Regex> parts = new ArrayList<>();
    while (more() && !peek('|') && !peek(')')) {
      parts.add(quantified(atom()));
    }
    return parts.size() == 1 ? parts.getFirst() : new Regex.Sequence(parts);
  }

  private Regex quantified(Regex atom) {
    int before = at;
    Regex result = atom;
    int min;
    int max;
    if (skip('*')) {
      min = 0;
      max = Syntax.UNBOUNDED;
    } else if (skip('+')) {
      min = 1;
      max = Syntax.UNBOUNDED;
    } else if (skip('?')) {
      min = 0;
      max = 1;
    } else if (isBounds()) {
      at++;
      min = number();
      max = skip(',') ? peek('}') ? Syntax.UNBOUNDED : number() : min;
      skip('}');
    } else {
      return result;
    }
    if (max < min) {
      throw error("bounds {%d,%d} the wrong way round".formatted(min, max));
    }
    if (atom instanceof Regex.Anchor) {
      at = before;
      throw unsupported("repeating an anchor");
    }
    if (peek('+')) {
      throw unsupported("a possessive quantifier");
    }
    skip('?'); // lazy: the same texts
    if (peek('*') || peek('+') || peek('?') || isBounds()) {
      throw error("a second quantifier");
    }
    return new Regex.Repeat(result, min, max);
  }

  private boolean isBounds() {
    int i = at;
    if (i >= pattern.length || pattern[i++] != '{') {
      return false;
    }
    int digits = i;
    while (i < pattern.length && isDigit(pattern[i])) {
      i++;
    }
    if (i == digits) {
      return false;
    }
    if (i < pattern.length && pattern[i] == ',') {
      i++;
      while (i < pattern.length && isDigit(pattern[i])) {
        i++;
      }
    }
    return i < pattern.length && pattern[i] == '}';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private int number() {
    long value = 0;
    while (more() && isDigit(pattern[at])) {
      value = value * 10 + pattern[at++] - '0';
      if (value > LARGEST_BOUND) {
        throw error("a bound above " + LARGEST_BOUND);
      }
    }
    return (int) value;
  }

  private Regex atom() {
    int c = pattern[at++];
    return switch (c) {
      case '.' -> new Regex.Chars(CodePoints.DOT);
      case '^' -> new Regex.Anchor(Regex.Side.START);
      case '$' -> new Regex.Anchor(Regex.Side.END);
      case '(' -> group();
      case '[' -> new Regex.Chars(set());
      case '\\' -> new Regex.Chars(escape());
      case '*', '+', '?' -> {
        at--;
        throw error("a quantifier without anything before it");
      }
      case '{' -> {
        at--;
        if (isBounds()) {
          throw error("a quantifier without anything before it");
        }
        at++;
        yield single(c);
      }
      default -> single(c);
    };
  }

  private static Regex single(int c) {
    return new Regex.Chars(CodePoints.of(c, c));
  }

  private Regex group() {
    if (skip("?")) {
      if (skip("=") || skip("!")) {
        throw unsupported("a lookahead (?= or (?!");
      }
      if (skip("<=") || skip("<!")) {
        throw unsupported("a lookbehind (?<= or (?<!");
      }
      if (skip("<")) {
        while (more() && !peek('>')) {
          at++;
        }
        if (!skip('>')) {
          throw error("a group name without >");
        }
      } else if (!skip(":")) {
        throw unsupported("a group that begins with (? and is neither (?: nor named");
      }
    }
    Regex inner = alternatives();
    if (!skip(')')) {
      throw error("a ( without )");
    }
    return inner;
  }

  private CodePoints escape() {
    if (!more()) {
      throw error("a \\ at the end");
    }
    int c = pattern[at++];
    return switch (c) {
      case 'd' -> CodePoints.DIGITS;
      case 'D' -> CodePoints.DIGITS.complement();
      case 'w' -> CodePoints.WORD;
      case 'W' -> CodePoints.WORD.complement();
      case 's' -> CodePoints.SPACE;
      case 'S' -> CodePoints.NO_SPACE;
      case 'p', 'P' -> category(c == 'P');
      case 'b', 'B' -> throw unsupported("a word boundary \\" + (char) c);
      default -> {
        int one = character(c);
        yield CodePoints.of(one, one);
      }
    };
  }

  /// The character that an escape stands for.
  private int character(int c) {
    return switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'f' -> '\f';
      case 'v' -> 0x0B;
      case '0' -> 0;
      case 'x' -> hex(2);
      case 'u' -> unicode();
      case 'c' -> {
        if (!more() || !isLetter(pattern[at])) {
          throw error("\\c without a letter");
        }
        yield pattern[at++] % 32;
      }
      default -> {
        if (isDigit(c)) {
          throw unsupported("a back-reference \\" + (char) c);
        }
        if (isLetter(c)) {
          throw unsupported("the escape \\" + (char) c);
        }
        yield c;
      }
    };
  }

  private static boolean isLetter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private int unicode() {
    if (!skip('{')) {
      int first = hex(4);
      if (Character.isHighSurrogate((char) first) && skip("\\u")) {
        return Character.toCodePoint((char) first, (char) hex(4));
      }
      return first;
    }
    int value = 0;
    while (more() && !peek('}')) {
      value = value * 16 + digit();
      if (value > Character.MAX_CODE_POINT) {
        throw error("a code point above 10FFFF");
      }
    }
    if (!skip('}')) {
      throw error("\\u{ without }");
    }
    return value;
  }

  private int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      value = value * 16 + digit();
    }
    return value;
  }

  private int digit() {
    int value = more() && pattern[at] < 128 ? Character.digit(pattern[at], 16) : -1;
    if (value < 0) {
      throw error("an escape that lacks a hexadecimal digit");
    }
    at++;
    return value;
  }

  private CodePoints category(boolean negated) {
    if (!skip('{')) {
      throw error("\\p without {");
    }
    StringBuilder name = new StringBuilder();
    while (more() && !peek('}')) {
      name.appendCodePoint(pattern[at++]);
    }
    skip('}');
    CodePoints set = CATEGORIES.computeIfAbsent(name.toString(), this::ofCategory);
    return negated ? set.complement() : set;
  }

  private CodePoints ofCategory(String name) {
    List<Integer> types = Categories.types(name);
    if (types.isEmpty()) {
      throw error(
          "\\p{" + name + "} is not supported, general categories such as \\p{L} or \\p{Nd} are,");
    }
    return CodePoints.of(
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
            .filter(c -> types.contains(Character.getType(c)))
            .flatMap(c -> IntStream.of(c, c))
            .toArray());
  }

  private CodePoints set() {
    boolean negated = skip('^');
    CodePoints set = CodePoints.NONE;
    boolean first = true;
    while (first || !peek(']')) {
      if (!more()) {
        throw error("a [ without ]");
      }
      if (first && peek(']')) {
        throw error("an empty set []; write \\] for a bracket in a set");
      }
      first = false;
      if (peek('[') || skip("&&")) {
        throw unsupported("[ or && inside a set; escape it as \\[ or \\&");
      }
      set = set.union(range());
    }
    at++;
    return negated ? set.complement() : set;
  }

  private CodePoints range() {
    CodePoints low = element();
    boolean ranges = peek('-') && at + 1 < pattern.length && pattern[at + 1] != ']';
    if (!ranges) {
      return low;
    }
    at++;
    CodePoints high = element();
    if (!isOne(low) || !isOne(high)) {
      throw error("a range between sets");
    }
    if (high.first(0) < low.first(0)) {
      throw error("a range the wrong way round");
    }
    return CodePoints.of(low.first(0), high.first(0));
  }

  private static boolean isOne(CodePoints set) {
    return set.ranges() == 1 && set.first(0) == set.last(0);
  }

  private CodePoints element() {
    if (!more()) {
      throw error("a [ without ]");
    }
    int c = pattern[at++];
    if (c == '\\' && skip('b')) {
      return CodePoints.of('\b', '\b');
    }
    return c == '\\' ? escape() : CodePoints.of(c, c);
  }
}
