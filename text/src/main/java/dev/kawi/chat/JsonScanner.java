package dev.kawi.chat;

import java.util.BitSet;
import java.util.regex.Pattern;

// How it works. A pushdown automaton over characters: what may come next, and one bit for each open
// bracket. Nothing is built but the text itself, so a value of any size is followed in linear time
// as it comes. Line breaks and other control characters within strings, which models write and JSON
// forbids, are taken down as escapes.

/// Follows a JSON object or array as it comes and tells of its parts.
final class JsonScanner {
  private static final int MAX_DEPTH = 200;
  private static final int MAX_SCALAR = 400;
  private static final int MAX_KEY = 10_000;
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?");
  private static final Pattern WORD = Pattern.compile("true|false|null");

  /// Hears of the parts; offsets count in [#text].
  interface Visitor {
    /// A bracket opened at this offset; [#depth] counts it.
    void opened(int start);

    /// A bracket closed before this offset; [#depth] no longer counts it.
    void closed(int end);

    /// The name of a member, as JSON.
    void key(String json);

    /// A string, number, boolean or null.
    void scalar(int start, int end);
  }

  private enum Expect {
    VALUE,
    VALUE_OR_END,
    KEY,
    KEY_OR_END,
    COLON,
    COMMA_OR_END,
    STRING,
    ESCAPE,
    HEX,
    SCALAR,
    NOTHING
  }

  private final Visitor visitor;
  private final StringBuilder text = new StringBuilder();
  private final BitSet objects = new BitSet();
  private Expect expect = Expect.VALUE;
  private boolean inKey;
  private int depth;
  private int start;
  private int hexDigits;

  JsonScanner(Visitor visitor) {
    this.visitor = visitor;
  }

  /// Takes the next character; false when it cannot stand there.
  boolean take(char c) {
    return switch (expect) {
      case STRING -> string(c);
      case ESCAPE -> escape(c);
      case HEX -> hex(c);
      case SCALAR -> scalar(c);
      default -> {
        text.append(c);
        yield structure(c);
      }
    };
  }

  /// Whether the value is whole.
  boolean isDone() {
    return expect == Expect.NOTHING;
  }

  /// How many brackets are open.
  int depth() {
    return depth;
  }

  /// All that came, as JSON.
  StringBuilder text() {
    return text;
  }

  private boolean string(char c) {
    if (c < ' ') {
      text.append("\\u00").append(hexDigit(c >> 4)).append(hexDigit(c & 15));
      return true;
    }
    text.append(c);
    if (inKey && text.length() - start > MAX_KEY) {
      return false;
    }
    if (c == '\\') {
      expect = Expect.ESCAPE;
    } else if (c == '"' && inKey) {
      expect = Expect.COLON;
      visitor.key(text.substring(start));
    } else if (c == '"') {
      expect = Expect.COMMA_OR_END;
      visitor.scalar(start, text.length());
    }
    return true;
  }

  private static char hexDigit(int value) {
    return Character.forDigit(value, 16);
  }

  private boolean escape(char c) {
    text.append(c);
    hexDigits = 0;
    expect = c == 'u' ? Expect.HEX : Expect.STRING;
    return "\"\\/bfnrtu".indexOf(c) >= 0;
  }

  private boolean hex(char c) {
    text.append(c);
    hexDigits++;
    expect = hexDigits == 4 ? Expect.STRING : Expect.HEX;
    return c < 128 && Character.digit(c, 16) >= 0;
  }

  private boolean scalar(char c) {
    if (isScalar(c)) {
      text.append(c);
      return text.length() - start <= MAX_SCALAR;
    }
    String value = text.substring(start);
    if (!WORD.matcher(value).matches()
        && !(NUMBER.matcher(value).matches() && Double.isFinite(Double.parseDouble(value)))) {
      return false;
    }
    visitor.scalar(start, text.length());
    expect = Expect.COMMA_OR_END;
    text.append(c);
    return structure(c);
  }

  private static boolean isScalar(char c) {
    return c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9') || isLetter(c);
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || c == 'E';
  }

  private boolean structure(char c) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      return true;
    }
    return switch (expect) {
      case VALUE -> value(c);
      case VALUE_OR_END -> c == ']' ? close(c) : value(c);
      case KEY -> key(c);
      case KEY_OR_END -> c == '}' ? close(c) : key(c);
      case COLON -> {
        expect = Expect.VALUE;
        yield c == ':';
      }
      case COMMA_OR_END -> {
        if (c != ',') {
          yield close(c);
        }
        expect = objects.get(depth) ? Expect.KEY : Expect.VALUE;
        yield true;
      }
      case STRING, ESCAPE, HEX, SCALAR, NOTHING -> false;
    };
  }

  private boolean value(char c) {
    start = text.length() - 1;
    if (c == '{' || c == '[') {
      depth++;
      objects.set(depth, c == '{');
      expect = c == '{' ? Expect.KEY_OR_END : Expect.VALUE_OR_END;
      visitor.opened(start);
      return depth <= MAX_DEPTH;
    }
    inKey = false;
    expect = c == '"' ? Expect.STRING : Expect.SCALAR;
    return depth > 0 && (c == '"' || c == '-' || (c >= '0' && c <= '9') || "tfn".indexOf(c) >= 0);
  }

  private boolean key(char c) {
    start = text.length() - 1;
    inKey = true;
    expect = Expect.STRING;
    return c == '"';
  }

  private boolean close(char c) {
    if (c != (objects.get(depth) ? '}' : ']')) {
      return false;
    }
    depth--;
    expect = depth == 0 ? Expect.NOTHING : Expect.COMMA_OR_END;
    visitor.closed(text.length());
    return true;
  }
}
