package dev.kawi.token;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The named classes of code points in regular expressions.
final class RegexClasses {
  /// Letters, marks, decimal digits, connectors: `\w` as Unicode has it, without the joiners.
  static final CharSet PLAIN_WORD =
      c ->
          Character.isAlphabetic(c)
              || CharClass.is(c, CharClass.MARK)
              || Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER
              || Character.getType(c) == Character.CONNECTOR_PUNCTUATION;

  /// `\w` in Oniguruma, to which the digits and fractions of Latin-1 belong.
  static final CharSet WORD = PLAIN_WORD.or(CharSet.anyOf("\u00B2\u00B3\u00B9\u00BC\u00BD\u00BE"));

  /// `\w` in Rust, to which the joiners belong.
  static final CharSet RUST_WORD = PLAIN_WORD.or(c -> c == 0x200C || c == 0x200D);

  /// `\d`
  static final CharSet DIGIT = c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;

  /// `.`
  static final CharSet NO_LINE_BREAK = c -> c != '\n';

  private static final Map<String, CharSet> BY_NAME =
      Map.ofEntries(
          Map.entry("l", CharSet.LETTERS),
          Map.entry("letter", CharSet.LETTERS),
          Map.entry("n", CharSet.NUMBERS),
          Map.entry("number", CharSet.NUMBERS),
          Map.entry("m", CharSet.of(CharClass.MARK)),
          Map.entry("mark", CharSet.of(CharClass.MARK)),
          Map.entry("p", CharSet.PUNCTUATION),
          Map.entry("s", CharSet.of(CharClass.SYMBOL)),
          Map.entry("symbol", CharSet.of(CharClass.SYMBOL)),
          Map.entry("z", type("Zs Zl Zp")),
          Map.entry("c", type("Cc Cf Co Cs Cn")),
          Map.entry("alpha", Character::isAlphabetic),
          Map.entry("alphabetic", Character::isAlphabetic),
          Map.entry("alnum", c -> Character.isAlphabetic(c) || DIGIT.contains(c)),
          Map.entry("digit", DIGIT),
          Map.entry("space", CharSet.SPACES),
          Map.entry("word", WORD),
          Map.entry("any", c -> true));

  /// The two-letter categories of Unicode, at the number that [Character#getType(int)] gives.
  private static final String CATEGORIES =
      "Cn Lu Ll Lt Lm Lo Mn Me Mc Nd Nl No    Zs Zl Zp Cc Cf    Co Cs Pd Ps Pe Pc Po Sm Sc Sk So Pi Pf";

  private RegexClasses() {}

  /// The class of this name: a category, a script, or one of the names above.
  static Optional<CharSet> named(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replace("_", "").replace(" ", "");
    CharSet known = BY_NAME.get(plain);
    if (known != null) {
      return Optional.of(known);
    }
    if (plain.length() == 2) {
      String category = Character.toUpperCase(plain.charAt(0)) + plain.substring(1);
      return CATEGORIES.contains(category) ? Optional.of(type(category)) : Optional.empty();
    }
    try {
      Character.UnicodeScript script = Character.UnicodeScript.forName(name);
      return Optional.of(c -> Character.UnicodeScript.of(c) == script);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static CharSet type(String categories) {
    return c -> {
      int at = 3 * Character.getType(c);
      return categories.contains(CATEGORIES.substring(at, at + 2));
    };
  }
}
