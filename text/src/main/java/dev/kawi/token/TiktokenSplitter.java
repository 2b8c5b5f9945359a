package dev.kawi.token;

/// The words of cl100k_base and of what was made after it (Llama 3, Qwen, GLM-4, o200k_base,
/// Tekken):
///
/// ```
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)            not where the ending stays with its word
/// |[^\r\n\p{L}\p{N}]?\p{L}+               a word, with one leading character that is no letter
/// |\p{N}{1,3}                             the longest number differs
/// | ?[^\s\p{L}\p{N}]+[\r\n]*              the tail may have a slash
/// |\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
///
/// The alternatives are tried in that order at every position; what each looks at is bounded by
/// what it or the next one consumes, so the whole is linear.
final class TiktokenSplitter implements Splitter {
  /// How letters make a word.
  enum Words {
    /// `\p{L}+`
    LETTERS(CharClass.LETTER),
    /// `[\p{L}\p{M}]+`
    LETTERS_AND_MARKS(CharClass.LETTER | CharClass.MARK),
    /// Upper case, then lower case: `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` or
    /// the same with `+` and `*` exchanged.
    BY_CASE(CharClass.LETTER | CharClass.MARK);

    private final int classes;

    Words(int classes) {
      this.classes = classes;
    }
  }

  /// Where the English endings go.
  enum Endings {
    CUT_OFF,
    KEPT_WITH_THE_WORD,
    NOT_SPECIAL
  }

  private static final CharSet LOWER_PART =
      c -> (CharClass.of(c) & (CharClass.LETTER | CharClass.MARK)) != 0 && !isUpper(c);
  private static final CharSet UPPER_PART =
      c -> (CharClass.of(c) & (CharClass.LETTER | CharClass.MARK)) != 0 && !isLower(c);

  private final Words words;
  private final Endings endings;
  private final int longestNumber;
  private final CharSet tail;
  private final int notOther;

  TiktokenSplitter(Words words, Endings endings, int longestNumber, CharSet tail) {
    this.words = words;
    this.endings = endings;
    this.longestNumber = longestNumber;
    this.tail = tail;
    this.notOther =
        CharClass.SPACE
            | CharClass.NUMBER
            | (words == Words.LETTERS_AND_MARKS ? words.classes : CharClass.LETTER);
  }

  private static boolean isUpper(int c) {
    return CharClass.is(c, CharClass.UPPER);
  }

  private static boolean isLower(int c) {
    return CharClass.is(c, CharClass.LOWER);
  }

  @Override
  public void split(int[] text, int from, int to, IntList ends) {
    for (int at = from; at < to; ) {
      at = end(text, at, to);
      ends.add(at);
    }
  }

  private int end(int[] text, int at, int to) {
    if (endings == Endings.CUT_OFF) {
      int end = Contraction.endInAnyCase(text, at, to);
      if (end > at) {
        return end;
      }
    }
    int end = endOfWord(text, at, to);
    if (end > at) {
      return end;
    }
    if (CharClass.is(text[at], CharClass.NUMBER)) {
      return Splitter.endOfRun(
          CharSet.NUMBERS, text, at, (int) Math.min(to, (long) at + longestNumber));
    }
    end = endOfOther(text, at, to);
    return end > at ? end : WhiteSpace.endAtLineBreak(text, at, to);
  }

  private int endOfWord(int[] text, int at, int to) {
    boolean mayLead =
        !CharSet.LINE_BREAKS.contains(text[at])
            && !CharClass.is(text[at], CharClass.LETTER | CharClass.NUMBER)
            && at + 1 < to;
    int end = at;
    if (words == Words.BY_CASE) {
      end = endByCase(text, at, to, mayLead);
    } else if (CharClass.is(text[at], words.classes)) {
      end = endOfLetters(text, at, to);
    } else if (mayLead && CharClass.is(text[at + 1], words.classes)) {
      end = endOfLetters(text, at + 1, to);
    }
    boolean ending = end > at && end < to && endings == Endings.KEPT_WITH_THE_WORD;
    return ending ? Contraction.endInAnyCase(text, end, to) : end;
  }

  private int endOfLetters(int[] text, int at, int to) {
    int end = at;
    while (end < to && CharClass.is(text[end], words.classes)) {
      end++;
    }
    return end;
  }

  /// Tries the two alternatives in their order, each with and without the leading character.
  private static int endByCase(int[] text, int at, int to, boolean mayLead) {
    if (mayLead) {
      int end = endWithLower(text, at + 1, to);
      if (end > at + 1) {
        return end;
      }
    }
    int end = endWithLower(text, at, to);
    if (end > at) {
      return end;
    }
    if (mayLead) {
      end = Splitter.endOfRun(UPPER_PART, text, at + 1, to);
      if (end > at + 1) {
        return end;
      }
    }
    return Splitter.endOfRun(UPPER_PART, text, at, to);
  }

  /// `U*L+` as a backtracking matcher finds it: the upper part is as long as leaves a lower part.
  private static int endWithLower(int[] text, int at, int to) {
    int upperEnd = Splitter.endOfRun(UPPER_PART, text, at, to);
    for (int i = Math.min(upperEnd, to - 1); i >= at; i--) {
      if (LOWER_PART.contains(text[i])) {
        return Splitter.endOfRun(LOWER_PART, text, i, to);
      }
    }
    return at;
  }

  /// ` ?[^\s\p{L}\p{N}]+` and the tail.
  private int endOfOther(int[] text, int at, int to) {
    int head = text[at] == ' ' && at + 1 < to ? at + 1 : at;
    int end = head;
    while (end < to && !CharClass.is(text[end], notOther)) {
      end++;
    }
    return end == head ? at : Splitter.endOfRun(tail, text, end, to);
  }
}
