package dev.kawi.token;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Cuts out pieces that are always tokens, at each place the longest: the user-defined symbols of
/// SentencePiece. There are few of them.
final class WholePieces implements Splitter {
  private final Map<Integer, List<int[]>> byFirst = new HashMap<>();

  /// Cuts out these, none of which is empty.
  WholePieces(List<String> texts) {
    texts.stream()
        .map(text -> text.codePoints().toArray())
        .sorted(Comparator.comparingInt((int[] piece) -> -piece.length))
        .forEach(piece -> byFirst.computeIfAbsent(piece[0], c -> new ArrayList<>()).add(piece));
  }

  @Override
  public void split(int[] text, int from, int to, IntList ends) {
    int start = from;
    for (int at = from; at < to; ) {
      int length = lengthAt(text, at, to);
      if (length == 0) {
        at++;
        continue;
      }
      if (at > start) {
        ends.add(at);
      }
      at += length;
      ends.add(at);
      start = at;
    }
    if (start < to) {
      ends.add(to);
    }
  }

  private int lengthAt(int[] text, int at, int to) {
    for (int[] piece : byFirst.getOrDefault(text[at], List.of())) {
      if (isAt(piece, text, at, to)) {
        return piece.length;
      }
    }
    return 0;
  }

  private static boolean isAt(int[] piece, int[] text, int at, int to) {
    if (at + piece.length > to) {
      return false;
    }
    int i = 0;
    while (i < piece.length && text[at + i] == piece[i]) {
      i++;
    }
    return i == piece.length;
  }
}
