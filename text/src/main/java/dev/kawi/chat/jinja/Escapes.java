package dev.kawi.chat.jinja;

/// Backslash escapes of string literals, as Python's `unicode-escape` codec reads them; an unknown
/// escape stays as it is.
final class Escapes {
  private final String body;
  private final int line;
  private final StringBuilder out = new StringBuilder();
  private int at;

  private Escapes(String body, int line) {
    this.body = body;
    this.line = line;
  }

  static String unescape(String body, int line) {
    return body.indexOf('\\') < 0 ? body : new Escapes(body, line).run();
  }

  private String run() {
    while (at < body.length()) {
      char c = body.charAt(at++);
      if (c == '\\') {
        escape();
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private void escape() {
    char c = body.charAt(at++);
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> out.append(c);
      case 'a' -> out.append('\u0007');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'n' -> out.append('\n');
      case 'r' -> out.append('\r');
      case 't' -> out.append('\t');
      case 'v' -> out.append('\u000b');
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      case 'N' -> named();
      case '0', '1', '2', '3', '4', '5', '6', '7' -> octal();
      default -> out.append('\\').append(c);
    }
  }

  private void hex(int digits) {
    if (at + digits > body.length()) {
      throw JinjaException.syntax("truncated \\" + body.charAt(at - 1) + " escape", line);
    }
    int code = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(body.charAt(at + i), 16);
      if (digit < 0 || code > 0x10ffff) {
        throw JinjaException.syntax("truncated \\" + body.charAt(at - 1) + " escape", line);
      }
      code = code * 16 + digit;
    }
    if (code > 0x10ffff) {
      throw JinjaException.syntax("illegal Unicode character", line);
    }
    out.appendCodePoint(code);
    at += digits;
  }

  private void octal() {
    int start = at - 1;
    while (at < body.length()
        && at < start + 3
        && body.charAt(at) >= '0'
        && body.charAt(at) <= '7') {
      at++;
    }
    out.appendCodePoint(Integer.parseInt(body.substring(start, at), 8));
  }

  private void named() {
    int close = at < body.length() && body.charAt(at) == '{' ? body.indexOf('}', at) : -1;
    if (close < 0) {
      throw JinjaException.syntax("malformed \\N character escape", line);
    }
    try {
      out.appendCodePoint(Character.codePointOf(body.substring(at + 1, close)));
    } catch (IllegalArgumentException e) {
      throw JinjaException.syntax("unknown Unicode character name", line);
    }
    at = close + 1;
  }
}
