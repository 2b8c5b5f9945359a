package dev.kawi.token;

/// A piece of text seen as stretches that a pattern matched and stretches between them, and what
/// [PieceStage.Behavior] makes pieces of.
final class PatternCut {
  private final IntList starts = new IntList();
  private final IntList ends = new IntList();
  private final IntList flags = new IntList();

  /// @param matches starts and ends of the matches in the piece, ascending
  PatternCut(IntList matches, int from, int to, PieceStage.Matched matched) {
    int match = matched == PieceStage.Matched.MATCHES ? 1 : 0;
    int at = from;
    for (int i = 0; i < matches.size(); i += 2) {
      if (at != matches.get(i)) {
        add(at, matches.get(i), 1 - match);
      }
      add(matches.get(i), matches.get(i + 1), match);
      at = matches.get(i + 1);
    }
    if (at != to) {
      add(at, to, 1 - match);
    }
  }

  private void add(int start, int end, int isMatch) {
    starts.add(start);
    ends.add(end);
    flags.add(isMatch);
  }

  private boolean isMatch(int index) {
    return index >= 0 && index < starts.size() && flags.get(index) == 1;
  }

  /// Appends the bounds of the pieces; empty ones are none.
  void write(PieceStage.Behavior behavior, IntList bounds) {
    int start = 0;
    for (int i = 0; i < starts.size(); i++) {
      if (i + 1 < starts.size() && joinsNext(behavior, i)) {
        continue;
      }
      boolean dropped = behavior == PieceStage.Behavior.REMOVED && isMatch(i);
      if (!dropped && starts.get(start) < ends.get(i)) {
        bounds.add(starts.get(start));
        bounds.add(ends.get(i));
      }
      start = i + 1;
    }
  }

  /// Whether this stretch and the next one are one piece. A run of matches is merged only once.
  private boolean joinsNext(PieceStage.Behavior behavior, int i) {
    return switch (behavior) {
      case REMOVED, ISOLATED -> false;
      case CONTIGUOUS -> isMatch(i) == isMatch(i + 1);
      case MERGED_WITH_PREVIOUS -> isMatch(i + 1) && !isMatch(i);
      case MERGED_WITH_NEXT -> isMatch(i) && !isMatch(i + 1);
    };
  }
}
