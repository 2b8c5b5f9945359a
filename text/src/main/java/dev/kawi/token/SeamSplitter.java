package dev.kawi.token;

/// Cuts text wherever no token of the vocabulary could reach across: between two characters that
/// are neighbours in no token. SentencePiece models have no words; these pieces give the same
/// tokens as the whole text would, and they are short and repeat, so that they can be remembered.
final class SeamSplitter implements Splitter {
  private final long[] ascii = new long[256];
  private final LongMap others = new LongMap(1 << 12);

  /// Says that a token has these characters.
  void join(String token) {
    int[] codePoints = token.codePoints().toArray();
    for (int i = 0; i + 1 < codePoints.length; i++) {
      int left = codePoints[i];
      int right = codePoints[i + 1];
      if ((left | right) < 128) {
        int bit = (left << 7) | right;
        ascii[bit >> 6] |= 1L << bit;
      } else {
        others.putIfAbsent(key(left, right), 0);
      }
    }
  }

  @Override
  public void split(int[] text, int from, int to, IntList ends) {
    for (int i = from; i + 1 < to; i++) {
      if (!joined(text[i], text[i + 1])) {
        ends.add(i + 1);
      }
    }
    ends.add(to);
  }

  private boolean joined(int left, int right) {
    if ((left | right) < 128) {
      int bit = (left << 7) | right;
      return ((ascii[bit >> 6] >>> bit) & 1) != 0;
    }
    return others.get(key(left, right)) != LongMap.ABSENT;
  }

  private static long key(int left, int right) {
    return ((long) left << 21) | right;
  }
}
