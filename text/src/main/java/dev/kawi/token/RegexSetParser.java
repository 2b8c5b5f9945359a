package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.function.Function;

/// Reads what stands between brackets in a regular expression: characters, ranges, classes, sets in
/// sets, and `&&` for what is in both.
final class RegexSetParser {
  private final Function<String, ModelFormatException> refused;
  private final int[] text;
  private final boolean anyCase;

  RegexSetParser(Function<String, ModelFormatException> refused, int[] text, boolean anyCase) {
    this.refused = refused;
    this.text = text;
    this.anyCase = anyCase;
  }

  /// The set with every letter in both cases. A long s is no s, as in Oniguruma.
  static CharSet inAnyCase(CharSet set) {
    return c ->
        set.contains(c)
            || set.contains(Character.toLowerCase(c))
            || (c != 0x17F && set.contains(Character.toUpperCase(c)));
  }

  /// Reads on from the position of the expression's parser, behind the opening bracket.
  CharSet read(RegexParser parser) {
    return content(parser, 0);
  }

  private CharSet content(RegexParser parser, int depth) {
    if (depth > 50) {
      throw refused.apply("sets in sets in sets");
    }
    boolean negated = is(parser, '^');
    if (negated) {
      parser.position(parser.position() + 1);
    }
    CharSet both = null;
    CharSet set = CharSet.NONE;
    boolean first = true;
    while (true) {
      int c = peek(parser);
      if (c == ']' && !first) {
        parser.position(parser.position() + 1);
        CharSet all = both == null ? set : and(both, set);
        CharSet folded = anyCase ? inAnyCase(all) : all;
        return negated ? folded.not() : folded;
      }
      first = false;
      if (c == '&' && isAt(parser, 1, '&')) {
        parser.position(parser.position() + 2);
        both = both == null ? set : and(both, set);
        set = CharSet.NONE;
      } else if (c == '[') {
        if (isAt(parser, 1, ':')) {
          throw refused.apply("a POSIX bracket");
        }
        parser.position(parser.position() + 1);
        set = set.or(content(parser, depth + 1));
      } else {
        set = set.or(item(parser));
      }
    }
  }

  private static CharSet and(CharSet left, CharSet right) {
    return c -> left.contains(c) && right.contains(c);
  }

  /// In brackets the digits and fractions of Latin-1 are no part of words, as in Oniguruma.
  private CharSet word(RegexParser parser) {
    boolean is = peek(parser) == 'w';
    parser.position(parser.position() + 1);
    return is ? RegexClasses.PLAIN_WORD : RegexClasses.PLAIN_WORD.not();
  }

  private int peek(RegexParser parser) {
    if (parser.position() >= text.length) {
      throw refused.apply("a \"[\" without its \"]\"");
    }
    return text[parser.position()];
  }

  private boolean is(RegexParser parser, int c) {
    return isAt(parser, 0, c);
  }

  private boolean isAt(RegexParser parser, int ahead, int c) {
    return parser.position() + ahead < text.length && text[parser.position() + ahead] == c;
  }

  private CharSet item(RegexParser parser) {
    int low = peek(parser);
    parser.position(parser.position() + 1);
    if (low == '\\') {
      if ("dDwWsSpP".indexOf(peek(parser)) >= 0) {
        return peek(parser) == 'w' || peek(parser) == 'W' ? word(parser) : parser.escapedSet(false);
      }
      low = parser.escapedCharacter();
    }
    boolean range = is(parser, '-') && !isAt(parser, 1, ']') && !isAt(parser, 1, '[');
    if (!range) {
      int only = low;
      return c -> c == only;
    }
    parser.position(parser.position() + 1);
    int high = peek(parser);
    parser.position(parser.position() + 1);
    if (high == '\\') {
      if ("dDwWsSpP".indexOf(peek(parser)) >= 0) {
        throw refused.apply("a range to a class");
      }
      high = parser.escapedCharacter();
    }
    if (high < low) {
      throw refused.apply("a range from high to low");
    }
    int from = low;
    int to = high;
    return c -> c >= from && c <= to;
  }
}
