package dev.kawi.token;

/// The classes of code points that pre-tokenizers speak of, as bits: `\p{L}`, `\p{N}`, `\p{M}`,
/// `\p{P}`, `\p{S}` and `\s` (the property White_Space), in the Unicode version of the JDK.
final class CharClass {
  static final int LETTER = 1;
  static final int NUMBER = 2;
  static final int SPACE = 4;
  static final int MARK = 8;
  static final int PUNCTUATION = 16;
  static final int SYMBOL = 32;
  static final int UPPER = 64;
  static final int LOWER = 128;

  private static final short[] LOW = new short[0x3000];

  static {
    for (int i = 0; i < LOW.length; i++) {
      LOW[i] = (short) compute(i);
    }
  }

  private CharClass() {}

  /// The bits of this code point; UPPER is a letter that is upper or title case, LOWER one that is
  /// lower case.
  static int of(int codePoint) {
    return codePoint < LOW.length ? LOW[codePoint] : compute(codePoint);
  }

  static boolean is(int codePoint, int classes) {
    return (of(codePoint) & classes) != 0;
  }

  private static int compute(int codePoint) {
    if (isWhiteSpace(codePoint)) {
      return SPACE;
    }
    return switch (Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER;
      case Character.LOWERCASE_LETTER -> LETTER | LOWER;
      case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          MARK;
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          PUNCTUATION;
      case Character.MATH_SYMBOL,
          Character.CURRENCY_SYMBOL,
          Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL ->
          SYMBOL;
      default -> 0;
    };
  }

  private static boolean isWhiteSpace(int c) {
    return (c >= 9 && c <= 13)
        || c == 0x20
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }
}
