package dev.kawi.token;

/// The English endings `'s 't 'm 'd 're 've 'll`, which most pre-tokenizers cut off.
final class Contraction {
  private Contraction() {}

  /// The end of the lower-case ending that begins at `at`; `at` if there is none.
  static int end(int[] text, int at, int to) {
    if (text[at] != '\'' || at + 1 >= to) {
      return at;
    }
    return end(at, text[at + 1], at + 2 < to ? text[at + 2] : 0);
  }

  /// The same in either case.
  static int endInAnyCase(int[] text, int at, int to) {
    if (text[at] != '\'' || at + 1 >= to) {
      return at;
    }
    return end(at, lower(text[at + 1]), at + 2 < to ? lower(text[at + 2]) : 0);
  }

  private static int end(int at, int first, int second) {
    return switch (first) {
      case 's', 't', 'm', 'd' -> at + 2;
      case 'r', 'v' -> second == 'e' ? at + 3 : at;
      case 'l' -> second == 'l' ? at + 3 : at;
      default -> at;
    };
  }

  private static int lower(int c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
  }
}
