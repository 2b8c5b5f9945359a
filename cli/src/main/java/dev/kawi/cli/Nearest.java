package dev.kawi.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Finds the word that a person most likely meant.
final class Nearest {
  private Nearest() {}

  /// The known word with the fewest edits (insert, delete, change) to `typed`, or one that begins
  /// with it; nothing when all are too far to be a slip.
  static Optional<String> to(String typed, Collection<String> known) {
    int slip = Math.max(1, typed.length() / 2);
    return known.stream()
        .filter(word -> word.startsWith(typed) || edits(typed, word) <= slip)
        .min(Comparator.comparingInt((String word) -> edits(typed, word)));
  }

  /// Levenshtein's distance, one row at a time.
  static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j - 1], row[j]));
      }
    }
    return row[b.length()];
  }
}
