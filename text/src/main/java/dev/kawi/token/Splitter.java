package dev.kawi.token;

import java.util.List;

/// Cuts text into words, which never share a token. Every splitter is hand-written and linear: the
/// regular expressions that define the pre-tokenizers are met with in the comments only.
@FunctionalInterface
interface Splitter {
  /// Leaves the text in one piece.
  Splitter NONE = (text, from, to, ends) -> ends.add(to);

  /// Cuts `text[from..to)`, which is not empty, and adds the end of every piece to `ends`, in
  /// ascending order, `to` at last. It sees nothing outside of the range.
  void split(int[] text, int from, int to, IntList ends);

  /// Cuts with the first, then every piece with the second, and so on.
  static Splitter sequence(List<Splitter> stages) {
    if (stages.size() == 1) {
      return stages.getFirst();
    }
    return (text, from, to, ends) -> {
      IntList pieces = new IntList();
      pieces.add(to);
      for (Splitter stage : stages) {
        IntList finer = new IntList();
        int start = from;
        for (int i = 0; i < pieces.size(); i++) {
          stage.split(text, start, pieces.get(i), finer);
          start = pieces.get(i);
        }
        pieces = finer;
      }
      for (int i = 0; i < pieces.size(); i++) {
        ends.add(pieces.get(i));
      }
    };
  }

  /// Cuts out every maximal run of the set, and leaves what is between as pieces: `X+`.
  static Splitter runs(CharSet set) {
    return runs(set, Integer.MAX_VALUE);
  }

  /// The same in runs of at most `longest` code points: `X{1,longest}`.
  static Splitter runs(CharSet set, int longest) {
    return (text, from, to, ends) -> {
      int start = from;
      for (int at = from; at < to; ) {
        if (!set.contains(text[at])) {
          at++;
          continue;
        }
        cut(ends, start, at);
        int end = endOfRun(set, text, at, (int) Math.min(to, (long) at + longest));
        ends.add(end);
        start = end;
        at = end;
      }
      cut(ends, start, to);
    };
  }

  /// Runs that take one white space before them along: `\s?X+`.
  static Splitter runsAfterSpace(CharSet set) {
    return runsAfter(CharSet.SPACES, set);
  }

  /// Runs that take one blank before them along: ` ?X+`.
  static Splitter runsAfterBlank(CharSet set) {
    return runsAfter(c -> c == ' ', set);
  }

  private static Splitter runsAfter(CharSet space, CharSet set) {
    return (text, from, to, ends) -> {
      int start = from;
      for (int at = from; at < to; ) {
        boolean spaced = at + 1 < to && space.contains(text[at]) && set.contains(text[at + 1]);
        if (!spaced && !set.contains(text[at])) {
          at++;
          continue;
        }
        cut(ends, start, at);
        int end = endOfRun(set, text, spaced ? at + 1 : at, to);
        ends.add(end);
        start = end;
        at = end;
      }
      cut(ends, start, to);
    };
  }

  /// Cuts out groups of exactly three: `XXX`.
  static Splitter triples(CharSet set) {
    return (text, from, to, ends) -> {
      int start = from;
      for (int at = from; at < to; ) {
        if (endOfRun(set, text, at, Math.min(to, at + 3)) == at + 3) {
          cut(ends, start, at);
          ends.add(at + 3);
          start = at + 3;
          at += 3;
        } else {
          at++;
        }
      }
      cut(ends, start, to);
    };
  }

  /// Cuts off the white space at the end: `\s+$`.
  static Splitter trailingSpace() {
    return (text, from, to, ends) -> {
      int end = to;
      while (end > from && CharClass.is(text[end - 1], CharClass.SPACE)) {
        end--;
      }
      cut(ends, from, end);
      cut(ends, end, to);
    };
  }

  /// The end of the run of the set that begins at `at`.
  static int endOfRun(CharSet set, int[] text, int at, int to) {
    int end = at;
    while (end < to && set.contains(text[end])) {
      end++;
    }
    return end;
  }

  private static void cut(IntList ends, int start, int end) {
    if (end > start) {
      ends.add(end);
    }
  }
}
