package dev.kawi.token;

import java.util.Arrays;

/// SentencePiece's Unigram model: of all ways to write the word as pieces, the one whose
/// log-probabilities sum up highest (Kudo 2018), found by Viterbi's algorithm: the best way to
/// write the first n bytes ends in some piece, and before that is the best way to write what is
/// left.
///
/// A character that is no piece may be skipped as unknown, at ten below the least score.
final class UnigramModel implements WordModel {
  private static final double UNKNOWN_PENALTY = 10;

  private final ByteTrie pieces;
  private final double[] scores;
  private final double unknownScore;
  private final Unknowns unknowns;
  private final int unknownPiece;
  private final MergeModel.Fallback fallback;

  /// What is handed to the fallback.
  enum Unknowns {
    /// Every character that is no piece.
    SINGLE,
    /// A run of them.
    JOINED
  }

  /// `scores` has one for every value in `pieces`; `leastScore` is the least of the normal ones.
  ///
  /// @param unknownPiece the piece that is unknown even where the text has its name, or -1
  UnigramModel(
      ByteTrie pieces,
      double[] scores,
      double leastScore,
      Unknowns unknowns,
      int unknownPiece,
      MergeModel.Fallback fallback) {
    this.pieces = pieces;
    this.scores = scores;
    this.unknownScore = leastScore - UNKNOWN_PENALTY;
    this.unknowns = unknowns;
    this.unknownPiece = unknownPiece;
    this.fallback = fallback;
  }

  @Override
  public void encode(byte[] word, int length, TokenBuffer out) {
    double[] best = new double[length + 1];
    int[] lastStart = new int[length + 1];
    int[] lastPiece = new int[length + 1];
    Arrays.fill(best, Double.NEGATIVE_INFINITY);
    best[0] = 0;
    for (int at = 0; at < length; ) {
      int end = Math.min(length, at + Utf8.length(word[at]));
      boolean single = false;
      int node = pieces.child(ByteTrie.ROOT, word[at]);
      for (int to = at + 1; node != ByteTrie.NONE; to++) {
        int piece = pieces.value(node);
        if (piece != ByteTrie.NONE) {
          single |= to == end;
          if (best[at] + scores[piece] > best[to]) {
            best[to] = best[at] + scores[piece];
            lastStart[to] = at;
            lastPiece[to] = piece == unknownPiece ? ByteTrie.NONE : piece;
          }
        }
        node = to < length ? pieces.child(node, word[to]) : ByteTrie.NONE;
      }
      if (!single && best[at] + unknownScore > best[end]) {
        best[end] = best[at] + unknownScore;
        lastStart[end] = at;
        lastPiece[end] = ByteTrie.NONE;
      }
      at = end;
    }
    emit(word, length, lastStart, lastPiece, out);
  }

  private void emit(byte[] word, int length, int[] lastStart, int[] lastPiece, TokenBuffer out) {
    int[] ends = new int[length + 1];
    int count = 0;
    for (int end = length; end > 0; end = lastStart[end]) {
      ends[count++] = end;
    }
    while (count-- > 0) {
      int end = ends[count];
      int start = lastStart[end];
      if (lastPiece[end] == ByteTrie.NONE) {
        while (unknowns == Unknowns.JOINED
            && count > 0
            && lastPiece[ends[count - 1]] == ByteTrie.NONE) {
          end = ends[--count];
        }
        fallback.encode(word, start, end, out);
      } else {
        out.add(lastPiece[end], end - start);
      }
    }
  }
}
