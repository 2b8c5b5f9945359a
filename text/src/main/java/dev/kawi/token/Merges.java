package dev.kawi.token;

/// Which two neighbours may become one symbol, and in which order that is tried. A symbol is a
/// number of a [PieceTable]: below the vocabulary's size it is a token, above it is a string that
/// only occurs on the way.
@FunctionalInterface
interface Merges {
  /// What [#find] gives for two symbols that stay apart.
  long NONE = LongMap.ABSENT;

  /// The merge of these neighbours, which are `word[from..to)` together: its rank, the least first,
  /// in the upper half, the resulting symbol in the lower half; [#NONE] if there is none.
  long find(int left, int right, byte[] word, int from, int to);

  /// A merge as [#find] gives it.
  static long merge(int rank, int symbol) {
    return ((long) rank << 32) | symbol;
  }

  /// Listed pairs.
  static Merges listed(LongMap byPair) {
    return (left, right, word, from, to) -> byPair.get(pair(left, right));
  }

  /// The key of a pair in the map of [#listed].
  static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }

  /// Whatever gives a piece of the vocabulary, in the order of these ranks.
  static Merges byText(PieceTable pieces, int[] ranks) {
    return (left, right, word, from, to) -> {
      int symbol = pieces.find(word, from, to);
      return symbol == PieceTable.ABSENT ? NONE : merge(ranks[symbol], symbol);
    };
  }
}
