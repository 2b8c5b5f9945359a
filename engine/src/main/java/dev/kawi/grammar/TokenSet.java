package dev.kawi.grammar;

/// The tokens that one item of a position allows whatever surrounds its rule, and where the
/// surroundings must be asked. Few tokens are kept as a list, many as bits.
final class TokenSet {
  private static final int LONGEST_LIST = 512;

  /// The rule may end before any byte, or at so many places that it must be walked as a whole.
  static final TokenSet OPEN = new TokenSet(new long[0], new int[] {-1});

  private final int[] list;
  private final long[] bits;

  /// Nodes of the trie at which the rule may end before the token does.
  final int[] open;

  TokenSet(long[] allowed, int[] open) {
    this.open = open;
    int count = 0;
    for (long word : allowed) {
      count += Long.bitCount(word);
    }
    boolean few = count <= LONGEST_LIST;
    bits = few ? new long[0] : allowed.clone();
    list = few ? list(allowed, count) : new int[0];
  }

  private static int[] list(long[] allowed, int count) {
    int[] list = new int[count];
    int size = 0;
    for (int i = 0; i < allowed.length; i++) {
      for (long word = allowed[i]; word != 0; word &= word - 1) {
        list[size++] = i * Long.SIZE + Long.numberOfTrailingZeros(word);
      }
    }
    return list;
  }

  /// Whether the surroundings must be asked for all tokens.
  boolean openAtStart() {
    return open.length == 1 && open[0] < 0;
  }

  void addTo(long[] mask) {
    for (int i = 0; i < bits.length; i++) {
      mask[i] |= bits[i];
    }
    for (int token : list) {
      mask[token / Long.SIZE] |= 1L << token;
    }
  }

  /// About how many bytes it takes.
  int bytes() {
    return 64 + 8 * bits.length + 4 * list.length + 4 * open.length;
  }
}
