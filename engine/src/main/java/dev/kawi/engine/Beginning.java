package dev.kawi.engine;

import java.util.function.ToIntFunction;

/// Cuts texts to what a model can read.
final class Beginning {
  private Beginning() {}

  /// The text, or its longest beginning, in whole characters, of at most so many tokens.
  ///
  /// @param tokens how many tokens a text has; a beginning never has more than the text
  static String of(String text, int most, ToIntFunction<String> tokens) {
    if (tokens.applyAsInt(text) <= most) {
      return text;
    }
    int fits = 0;
    int tooMany = text.codePointCount(0, text.length());
    while (tooMany - fits > 1) {
      int middle = (fits + tooMany) >>> 1;
      if (tokens.applyAsInt(text.substring(0, text.offsetByCodePoints(0, middle))) <= most) {
        fits = middle;
      } else {
        tooMany = middle;
      }
    }
    return text.substring(0, text.offsetByCodePoints(0, fits));
  }
}
