package dev.kawi.token;

/// The words of GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
///
/// At every position exactly one alternative applies, which its first one or two code points
/// decide, so one pass without backtracking is enough.
final class Gpt2Splitter implements Splitter {
  private static final int KINDS = CharClass.LETTER | CharClass.NUMBER | CharClass.SPACE;

  @Override
  public void split(int[] text, int from, int to, IntList ends) {
    for (int at = from; at < to; ) {
      int end = Contraction.end(text, at, to);
      if (end == at) {
        end = endOfWord(text, at, to);
      }
      ends.add(end);
      at = end;
    }
  }

  private static int endOfWord(int[] text, int at, int to) {
    int head = text[at] == ' ' && at + 1 < to ? at + 1 : at;
    int kind = CharClass.of(text[head]) & KINDS;
    if (kind == CharClass.SPACE) {
      return WhiteSpace.end(text, at, to);
    }
    int end = head + 1;
    while (end < to && (CharClass.of(text[end]) & KINDS) == kind) {
      end++;
    }
    return end;
  }
}
