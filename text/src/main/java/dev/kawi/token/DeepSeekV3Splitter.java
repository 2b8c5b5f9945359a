package dev.kawi.token;

/// The last stage of DeepSeek-V3's words (numbers and CJK are cut out before it):
///
/// ```
/// [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+
/// |[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
/// | ?[\p{P}\p{S}]+[\r\n]*
/// |\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
///
/// What no alternative takes (numbers, control characters) stays together as a piece.
final class DeepSeekV3Splitter implements Splitter {
  private static final int MARKS_AND_SIGNS = CharClass.PUNCTUATION | CharClass.SYMBOL;
  private static final int WORD = CharClass.LETTER | CharClass.MARK;
  private static final CharSet LATIN = CharSet.ranges("AZaz");

  @Override
  public void split(int[] text, int from, int to, IntList ends) {
    int start = from;
    for (int at = from; at < to; ) {
      int end = end(text, at, to);
      if (end == at) {
        at++;
        continue;
      }
      if (at > start) {
        ends.add(at);
      }
      ends.add(end);
      start = end;
      at = end;
    }
    if (to > start) {
      ends.add(to);
    }
  }

  private static int end(int[] text, int at, int to) {
    int first = text[at];
    boolean hasNext = at + 1 < to;
    boolean asciiSign = first < 128 && CharClass.is(first, MARKS_AND_SIGNS);
    if (asciiSign && hasNext && LATIN.contains(text[at + 1])) {
      return Splitter.endOfRun(LATIN, text, at + 1, to);
    }
    boolean mayLead =
        !CharSet.LINE_BREAKS.contains(first)
            && !CharClass.is(first, CharClass.LETTER | MARKS_AND_SIGNS);
    if (mayLead && hasNext && CharClass.is(text[at + 1], WORD)) {
      return endOf(WORD, text, at + 1, to);
    }
    if (CharClass.is(first, WORD)) {
      return endOf(WORD, text, at, to);
    }
    int head = first == ' ' && hasNext ? at + 1 : at;
    int end = endOf(MARKS_AND_SIGNS, text, head, to);
    if (end > head) {
      return Splitter.endOfRun(CharSet.LINE_BREAKS, text, end, to);
    }
    return CharClass.is(first, CharClass.SPACE) ? WhiteSpace.endAtLineBreak(text, at, to) : at;
  }

  private static int endOf(int classes, int[] text, int at, int to) {
    int end = at;
    while (end < to && CharClass.is(text[end], classes)) {
      end++;
    }
    return end;
  }
}
