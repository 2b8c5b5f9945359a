package dev.kawi.token;

/// BERT's words: white space separates them (a run of it is a piece, which gives no token), and
/// every punctuation mark, every ASCII sign and every CJK ideograph is one of its own.
final class BertSplitter implements Splitter {
  @Override
  public void split(int[] text, int from, int to, IntList ends) {
    for (int at = from; at < to; ) {
      int end = at + 1;
      if (CharClass.is(text[at], CharClass.SPACE)) {
        end = Splitter.endOfRun(CharSet.SPACES, text, at, to);
      } else if (!isAlone(text[at])) {
        while (end < to && !CharClass.is(text[end], CharClass.SPACE) && !isAlone(text[end])) {
          end++;
        }
      }
      ends.add(end);
      at = end;
    }
  }

  private static boolean isAlone(int c) {
    return CharClass.is(c, CharClass.PUNCTUATION)
        || (c < 128 && CharClass.is(c, CharClass.SYMBOL))
        || isIdeograph(c);
  }

  /// The blocks that BERT calls Chinese; one bound is off in the implementation that everybody
  /// follows (U+2B920 for U+2B820).
  static boolean isIdeograph(int c) {
    return (c >= 0x4E00 && c <= 0x9FFF)
        || (c >= 0x3400 && c <= 0x4DBF)
        || (c >= 0x20000 && c <= 0x2A6DF)
        || (c >= 0x2A700 && c <= 0x2B73F)
        || (c >= 0x2B740 && c <= 0x2B81F)
        || (c >= 0x2B920 && c <= 0x2CEAF)
        || (c >= 0xF900 && c <= 0xFAFF)
        || (c >= 0x2F800 && c <= 0x2FA1F);
  }
}
