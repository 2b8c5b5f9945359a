package dev.kawi.token;

/// How the pre-tokenizers cut a run of white space.
final class WhiteSpace {
  private WhiteSpace() {}

  /// `\s+(?!\S)|\s+`: the whole run at the end of the text; else all but its last, which the next
  /// word may take; else that one.
  static int end(int[] text, int at, int to) {
    int end = Splitter.endOfRun(CharSet.SPACES, text, at, to);
    return end < to && end - at > 1 ? end - 1 : end;
  }

  /// `\s*[\r\n]+` before the two above: up to the last line break of the run.
  static int endAtLineBreak(int[] text, int at, int to) {
    int end = Splitter.endOfRun(CharSet.SPACES, text, at, to);
    for (int i = end; i > at; i--) {
      if (CharSet.LINE_BREAKS.contains(text[i - 1])) {
        return i;
      }
    }
    return end < to && end - at > 1 ? end - 1 : end;
  }
}
