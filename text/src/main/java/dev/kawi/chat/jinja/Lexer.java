package dev.kawi.chat.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Cuts a template into tokens and settles whitespace, with `trim_blocks` and `lstrip_blocks` on as
/// Hugging Face has them.
///
/// A block or comment takes the newline behind it along (unless it ends in `+%}`), and the blanks
/// before it when nothing else stands before it on its line (unless it begins with `{%+`). A `-` on
/// either side takes all whitespace on that side, for `{{ }}` too.
final class Lexer {
  private static final int MAX_SOURCE = 1 << 22;

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private boolean lineStarting = true;

  private Lexer(String source) {
    this.source = source;
  }

  /// All tokens of a template, the last of which is [Token.Type#END].
  static List<Token> tokenize(String source) {
    if (source.length() > MAX_SOURCE) {
      throw JinjaException.limit(
          "the template has "
              + source.length()
              + " characters; at most "
              + MAX_SOURCE
              + " are allowed");
    }
    String normalized = source.replace("\r\n", "\n").replace('\r', '\n');
    if (normalized.endsWith("\n")) {
      normalized = normalized.substring(0, normalized.length() - 1);
    }
    Lexer lexer = new Lexer(normalized);
    lexer.root();
    return lexer.tokens;
  }

  private void root() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(at, source.length());
        at = source.length();
      } else {
        tag(tag);
      }
    }
    add(Token.Type.END, "");
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at);
        i >= 0 && i + 1 < source.length();
        i = source.indexOf('{', i + 1)) {
      char next = source.charAt(i + 1);
      if (next == '{' || next == '%' || next == '#') {
        return i;
      }
    }
    return -1;
  }

  private void tag(int begin) {
    char kind = source.charAt(begin + 1);
    char sign = begin + 2 < source.length() ? source.charAt(begin + 2) : ' ';
    boolean signed = sign == '-' || sign == '+';
    dataBefore(begin, sign, kind != '{');
    at = begin + (signed ? 3 : 2);
    lineStarting = false;
    switch (kind) {
      case '{' -> expression(Token.Type.VARIABLE_BEGIN, Token.Type.VARIABLE_END, "}}");
      case '#' -> comment();
      default -> block();
    }
  }

  private void dataBefore(int end, char sign, boolean isBlock) {
    int keep = end;
    if (sign == '-') {
      keep = PyChars.trimEnd(source, at, end);
    } else if (sign != '+' && isBlock) {
      int lineStart = lineStart(end);
      boolean ownLine = lineStart > at || lineStarting;
      if (ownLine && PyChars.trimEnd(source, lineStart, end) == lineStart) {
        keep = lineStart;
      }
    }
    data(at, keep);
    countLines(keep, end);
  }

  /// Where the line that `end` is on begins, or where the last tag ended when that is later.
  private int lineStart(int end) {
    int start = end;
    while (start > at && source.charAt(start - 1) != '\n') {
      start--;
    }
    return start;
  }

  private void data(int from, int to) {
    if (to > from) {
      tokens.add(new Token(Token.Type.DATA, source.substring(from, to), line));
      countLines(from, to);
    }
  }

  private void countLines(int from, int to) {
    for (int i = from; i < to; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
  }

  private void add(Token.Type type, String text) {
    tokens.add(new Token(type, text, line));
  }

  private void comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw JinjaException.syntax("Missing end of comment tag", line);
    }
    boolean signed = end > at && (source.charAt(end - 1) == '-' || source.charAt(end - 1) == '+');
    advance(afterEnd(end + 2, signed ? source.charAt(end - 1) : ' '));
  }

  /// Where the text goes on behind a block or comment that ends before `end`.
  private int afterEnd(int end, char sign) {
    if (sign == '-') {
      return PyChars.skipSpace(source, end);
    }
    return sign != '+' && end < source.length() && source.charAt(end) == '\n' ? end + 1 : end;
  }

  private void advance(int to) {
    countLines(at, to);
    lineStarting = to > at && source.charAt(to - 1) == '\n';
    at = to;
  }

  private void block() {
    int raw = rawBegin();
    if (raw > 0) {
      advance(raw);
      raw();
    } else {
      expression(Token.Type.BLOCK_BEGIN, Token.Type.BLOCK_END, "%}");
    }
  }

  /// The end of `raw %}` at the current place, or 0 when it is another tag.
  private int rawBegin() {
    int word = PyChars.skipSpace(source, at);
    return source.startsWith("raw", word) ? closing(word + 3, false) : 0;
  }

  /// The end of `%}` or `-%}` (or `+%}`, with the newline that `trim_blocks` takes, where `isEnd`)
  /// after blanks, or 0.
  private int closing(int from, boolean isEnd) {
    int end = PyChars.skipSpace(source, from);
    if (source.startsWith("-%}", end)) {
      return PyChars.skipSpace(source, end + 3);
    }
    if (isEnd && source.startsWith("+%}", end)) {
      return end + 3;
    }
    if (!source.startsWith("%}", end)) {
      return 0;
    }
    return isEnd ? afterEnd(end + 2, ' ') : end + 2;
  }

  private void raw() {
    for (int begin = source.indexOf("{%", at);
        begin >= 0;
        begin = source.indexOf("{%", begin + 1)) {
      char sign = begin + 2 < source.length() ? source.charAt(begin + 2) : ' ';
      int word = PyChars.skipSpace(source, begin + (sign == '-' || sign == '+' ? 3 : 2));
      int end = source.startsWith("endraw", word) ? closing(word + 6, true) : 0;
      if (end > 0) {
        dataBefore(begin, sign, true);
        at = begin;
        advance(end);
        return;
      }
    }
    throw JinjaException.syntax("Missing end of raw directive", line);
  }

  private void expression(Token.Type begin, Token.Type end, String close) {
    add(begin, "");
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      if (at >= source.length()) {
        return;
      }
      if (open.isEmpty() && ends(end, close)) {
        return;
      }
      if (PyChars.isSpace(source.charAt(at))) {
        advance(PyChars.skipSpace(source, at));
      } else {
        token(open);
      }
    }
  }

  private boolean ends(Token.Type type, String close) {
    char c = source.charAt(at);
    boolean isBlock = type == Token.Type.BLOCK_END;
    boolean signed = c == '-' || (c == '+' && isBlock);
    int brace = signed ? at + 1 : at;
    if (!source.startsWith(close, brace)) {
      return false;
    }
    add(type, "");
    advance(signed || isBlock ? afterEnd(brace + 2, signed ? c : ' ') : brace + 2);
    return true;
  }

  private void token(Deque<Character> open) {
    char c = source.charAt(at);
    int end;
    if (c >= '0' && c <= '9') {
      number();
    } else if (PyChars.isWord(source.codePointAt(at))) {
      name();
    } else if ((c == '\'' || c == '"') && (end = stringEnd(c)) > 0) {
      add(Token.Type.STRING, Escapes.unescape(source.substring(at + 1, end), line));
      advance(end + 1);
    } else {
      operator(open);
    }
  }

  private void name() {
    int end = at;
    while (end < source.length() && PyChars.isWord(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    String name = source.substring(at, end);
    if (!PyChars.isIdentifier(name)) {
      throw JinjaException.syntax("Invalid character in identifier", line);
    }
    add(Token.Type.NAME, name);
    advance(end);
  }

  private int stringEnd(char quote) {
    for (int i = at + 1; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == quote) {
        return i;
      }
      if (c == '\\') {
        i++;
      }
    }
    return 0;
  }

  private void operator(Deque<Character> open) {
    for (String two : List.of("**", "//", "==", "!=", ">=", "<=")) {
      if (source.startsWith(two, at)) {
        add(Token.Type.OPERATOR, two);
        at += 2;
        return;
      }
    }
    char c = source.charAt(at);
    if ("+-/*%~[](){}><=.:|,;".indexOf(c) < 0) {
      throw JinjaException.syntax(
          "unexpected char '" + source.substring(at, source.offsetByCodePoints(at, 1)) + "'", line);
    }
    balance(c, open);
    add(Token.Type.OPERATOR, String.valueOf(c));
    at++;
  }

  private void balance(char c, Deque<Character> open) {
    switch (c) {
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '{' -> open.push('}');
      case ')', ']', '}' -> {
        if (open.isEmpty()) {
          throw JinjaException.syntax("unexpected '" + c + "'", line);
        }
        char expected = open.pop();
        if (expected != c) {
          throw JinjaException.syntax("unexpected '" + c + "', expected '" + expected + "'", line);
        }
      }
      default -> {}
    }
  }

  private void number() {
    int end = floatEnd();
    boolean isFloat = end > 0 && (at == 0 || source.charAt(at - 1) != '.');
    if (!isFloat) {
      end = integerEnd();
    }
    add(
        isFloat ? Token.Type.FLOAT : Token.Type.INTEGER,
        source.substring(at, end).replace("_", ""));
    advance(end);
  }

  private int floatEnd() {
    int end = digits(at, 10);
    boolean fraction =
        end < source.length() && source.charAt(end) == '.' && digits(end + 1, 10) > end + 1;
    if (fraction) {
      end = digits(end + 1, 10);
    }
    int exponent = exponentEnd(end);
    return exponent > 0 ? exponent : fraction ? end : 0;
  }

  private int exponentEnd(int from) {
    if (from >= source.length() || Character.toLowerCase(source.charAt(from)) != 'e') {
      return 0;
    }
    boolean signed = from + 1 < source.length() && "+-".indexOf(source.charAt(from + 1)) >= 0;
    int start = from + (signed ? 2 : 1);
    int end = digits(start, 10);
    return end > start ? end : 0;
  }

  private int integerEnd() {
    char c = source.charAt(at);
    if (c == '0' && at + 1 < source.length()) {
      int radix =
          switch (Character.toLowerCase(source.charAt(at + 1))) {
            case 'b' -> 2;
            case 'o' -> 8;
            case 'x' -> 16;
            default -> 0;
          };
      int end = radix > 0 ? digits(at + 2, radix) : 0;
      if (end > at + 2) {
        return end;
      }
      return digits(at, 1);
    }
    return c == '0' ? at + 1 : digits(at, 10);
  }

  /// The end of digits with single underscores between them; radix 1 is zeros only.
  private int digits(int from, int radix) {
    int end = from;
    while (end < source.length()) {
      char c = source.charAt(end);
      boolean gap =
          c == '_'
              && end > from
              && end + 1 < source.length()
              && isDigit(source.charAt(end + 1), radix);
      if (!gap && !isDigit(c, radix)) {
        break;
      }
      end += gap ? 2 : 1;
    }
    return end;
  }

  private static boolean isDigit(char c, int radix) {
    return radix == 1 ? c == '0' : c < 128 && Character.digit(c, radix) >= 0;
  }
}
