package dev.kawi.grammar;

import dev.kawi.token.Tokenizer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

// How it works. A token is allowed when the grammar can go through all of its bytes. Positions of a
// grammar are followed lazily (Closure) and remembered, and the vocabulary is walked as a trie, so
// that what is impossible costs nothing. What is possible can be much: inside a string almost every
// token is. So the tokens that one item allows are found for its rule alone, once, and kept: whole
// strings have one such set, in every schema and for every caller. Where the rule may end within a
// token, the walk goes on with the real position; inside a string these are the tokens with a quote
// in them, about one in a hundred. The idea is that of XGrammar (Dong et al. 2024, arXiv
// 2411.15100), the adaptive token mask cache.

/// The tokens of one vocabulary that may come next in a grammar. Safe for use by many threads; it
/// belongs to a tokenizer, and all grammars use the same.
public final class TokenMasks {
  /// Positions and nodes to remember.
  private static final int MAX_POSITIONS = 40_000;

  /// Bytes of token sets to remember.
  private static final long MAX_SET_BYTES = 64L << 20;

  /// Below this number of repetitions most tokens are too long to be derived from others.
  private static final int SHORTEST_DERIVED = 16;

  /// With more places at which a rule may end, it is quicker to walk with the real position.
  private static final int MOST_OPEN = 4096;

  /// Items to handle for one mask.
  private static final long MAX_WORK = 20_000_000;

  private final TokenTrie trie;
  private final int[] ends;
  private final Closure closure = new Closure();

  /// Follows items without what is around their surroundings.
  private final Closure local = new Closure();

  private final Surroundings surroundings;
  private final Map<Key, TokenSet> sets = new LinkedHashMap<>(64, 0.75f, true);
  private final Position[] path;
  private long setBytes;

  private record Key(long state, long node) {}

  private TokenMasks(TokenTrie trie, int[] ends) {
    this.trie = trie;
    this.surroundings = new Surroundings(local, trie.longest());
    this.ends = ends;
    this.path = new Position[trie.longest() + 1];
  }

  /// Reads the vocabulary of a tokenizer, which takes a moment.
  public static TokenMasks of(Tokenizer tokenizer) {
    TokenMasks masks =
        new TokenMasks(TokenTrie.of(tokenizer), tokenizer.vocabulary().endOfGeneration());
    masks.learnStrings();
    return masks;
  }

  /// Finds the tokens inside of JSON strings, which take long, before somebody waits for them.
  private void learnStrings() {
    Position start = first(new Grammar(RuleCompiler.compile("string", JsonText.string())));
    fill(after(start, new byte[] {'"'}), new long[words()]);
  }

  /// A sequence that begins to write a text of the grammar.
  public GrammarState start(Grammar grammar) {
    return new GrammarState(this, first(grammar));
  }

  /// Tokens of the vocabulary.
  public int vocabSize() {
    return trie.vocabSize();
  }

  /// Words of 64 bits that a mask of all tokens takes.
  int words() {
    return Math.ceilDiv(trie.vocabSize(), Long.SIZE);
  }

  private synchronized Position first(Grammar grammar) {
    return closure.start(grammar.root());
  }

  /// The position after a token; [Position#DEAD] if it is not allowed.
  synchronized Position after(Position position, int token) {
    byte[] bytes = trie.bytes(token);
    return bytes.length == 0 ? Position.DEAD : follow(closure, position, bytes, bytes.length);
  }

  /// The position after these bytes.
  synchronized Position after(Position position, byte[] bytes) {
    return follow(closure, position, bytes, bytes.length);
  }

  private static Position follow(Closure closure, Position position, byte[] bytes, int length) {
    Position next = position;
    for (int i = 0; i < length && !next.isDead(); i++) {
      next = closure.next(next, bytes[i] & 0xff);
    }
    return next;
  }

  /// Whether a token ends a generation.
  boolean isEnd(int token) {
    return Arrays.binarySearch(ends, token) >= 0;
  }

  /// Sets the bits of the tokens that may come at a position, and clears the others.
  synchronized void fill(Position position, long[] mask) {
    Arrays.fill(mask, 0);
    if (closure.size() > MAX_POSITIONS) {
      closure.forget();
    }
    if (local.size() > MAX_POSITIONS) {
      local.forget();
      sets.clear();
      setBytes = 0;
    }
    if (position.ends == Position.Ends.TEXT) {
      for (int end : ends) {
        mask[end / Long.SIZE] |= 1L << end;
      }
    }
    long limit = closure.work() + local.work() + MAX_WORK;
    int[] open = new int[position.size()];
    int count = 0;
    for (int i = 0; i < position.size(); i++) {
      TokenSet set = set(position.states[i], position.nodes[i], limit);
      if (set.openAtStart()) {
        open[count++] = i;
      } else {
        set.addTo(mask);
        for (int node : set.open) {
          Position there = follow(closure, position, trie.path(node), trie.depths[node]);
          if (!there.isDead()) {
            walk(closure, there, node, mask, null, limit);
          }
        }
      }
    }
    if (count > 0) {
      Position rest =
          count == position.size() ? position : closure.only(position, Arrays.copyOf(open, count));
      walk(closure, rest, -1, mask, null, limit);
    }
  }

  /// The tokens that an item allows whatever lies around its surroundings.
  private TokenSet set(State state, Node node, long limit) {
    Node near = surroundings.of(node);
    TokenSet known = sets.get(new Key(state.id, near.id));
    return known == null ? learn(state, near, limit) : known;
  }

  private TokenSet learn(State state, Node near, long limit) {
    Position alone = local.alone(state, near);
    int possible = Surroundings.possible(near);
    TokenSet set;
    if (alone.ends == Position.Ends.OPEN_RULE) {
      set = TokenSet.OPEN;
    } else if (possible >= SHORTEST_DERIVED && possible <= trie.longest()) {
      set = derive(alone, set(state, surroundings.unbounded(near), limit), possible);
    } else {
      long[] allowed = new long[words()];
      IntList open = new IntList();
      walk(local, alone, -1, allowed, open, limit);
      set = open.size() > MOST_OPEN ? TokenSet.OPEN : new TokenSet(allowed, open.toArray());
    }
    sets.put(new Key(state.id, near.id), set);
    setBytes += set.bytes();
    Iterator<TokenSet> oldest = sets.values().iterator();
    while (setBytes > MAX_SET_BYTES && sets.size() > 1) {
      setBytes -= oldest.next().bytes();
      oldest.remove();
    }
    return set;
  }

  /// The tokens where `possible` repetitions may come, from those where any number may: a
  /// repetition takes a byte at least, so that only longer tokens have to be asked again.
  private TokenSet derive(Position alone, TokenSet unbounded, int possible) {
    if (unbounded.openAtStart()) {
      return unbounded;
    }
    long[] allowed = new long[words()];
    unbounded.addTo(allowed);
    for (int token : trie.byLength) {
      byte[] bytes = trie.bytes(token);
      if (bytes.length <= possible) {
        break;
      }
      long bit = 1L << token;
      if ((allowed[token / Long.SIZE] & bit) != 0
          && follow(local, alone, bytes, bytes.length).isDead()) {
        allowed[token / Long.SIZE] &= ~bit;
      }
    }
    return new TokenSet(allowed, unbounded.open);
  }

  /// Walks all tokens under a node of the trie.
  ///
  /// @param start the position at that node
  /// @param root the node, or -1 for all
  /// @param mask takes the tokens that are possible
  /// @param open takes the nodes at which the rule ends; null where there is no such
  private void walk(
      Closure closure, Position start, int root, long[] mask, @Nullable IntList open, long limit) {
    byte[] labels = trie.labels;
    int[] ends = trie.ends;
    int above = root < 0 ? 0 : trie.depths[root];
    int end = root < 0 ? trie.nodes() : ends[root];
    path[above] = start;
    for (int node = root + 1; node < end; ) {
      int depth = trie.depths[node];
      int value = labels[node] & 0xff;
      Position known = path[depth - 1].known(value);
      Position next = known != null ? known : closure.next(path[depth - 1], value);
      if (next.isDead()) {
        node = ends[node];
        continue;
      }
      path[depth] = next;
      int from = trie.from[node];
      for (int i = trie.counts[node] - 1; i >= 0; i--) {
        int token = trie.tokens[from + i];
        mask[token / Long.SIZE] |= 1L << token;
      }
      if (open != null && next.ends == Position.Ends.OPEN_RULE && ends[node] > node + 1) {
        open.add(node);
      }
      node++;
    }
    if (this.closure.work() + local.work() > limit) {
      throw new GrammarException(
          "grammar: it is too ambiguous: the tokens that may come next cannot be found in"
              + " reasonable time");
    }
  }
}
