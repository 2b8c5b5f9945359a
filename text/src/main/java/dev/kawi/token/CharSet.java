package dev.kawi.token;

/// A set of code points.
@FunctionalInterface
interface CharSet {
  CharSet NONE = c -> false;
  CharSet LETTERS = of(CharClass.LETTER);
  CharSet NUMBERS = of(CharClass.NUMBER);
  CharSet PUNCTUATION = of(CharClass.PUNCTUATION);
  CharSet SPACES = of(CharClass.SPACE);
  CharSet LINE_BREAKS = c -> c == '\n' || c == '\r';
  CharSet ASCII_DIGITS = c -> c >= '0' && c <= '9';

  boolean contains(int codePoint);

  /// The code points with one of these [CharClass] bits.
  static CharSet of(int classes) {
    return c -> CharClass.is(c, classes);
  }

  /// Ranges as ascending pairs of code points in a string: `"AZaz"` is both cases of the Latin
  /// alphabet. White space beyond ASCII is in no range: so llama.cpp reads them.
  static CharSet ranges(String pairs) {
    int[] bounds = pairs.codePoints().toArray();
    boolean[] ascii = new boolean[128];
    for (int c = 0; c < ascii.length; c++) {
      ascii[c] = inRanges(bounds, c);
    }
    return c -> c < 128 ? ascii[c] : inRanges(bounds, c) && !CharClass.is(c, CharClass.SPACE);
  }

  private static boolean inRanges(int[] bounds, int c) {
    int low = 0;
    int high = bounds.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (c > bounds[2 * middle + 1]) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return 2 * low < bounds.length && c >= bounds[2 * low];
  }

  /// The code points of this string.
  static CharSet anyOf(String characters) {
    return c -> characters.indexOf(c) >= 0;
  }

  default CharSet or(CharSet other) {
    return c -> contains(c) || other.contains(c);
  }

  default CharSet not() {
    return c -> !contains(c);
  }
}
