package dev.kawi.grammar;

import org.jspecify.annotations.Nullable;

/// Everywhere in a grammar where a text may stand: items of a state that reads bytes and the node
/// of its rule, in order. Two positions with the same items are one object, as long as the
/// automaton keeps them. Does not change, but for the successors that are filled in when asked for.
final class Position {
  /// Nothing can follow, and nothing ends here.
  static final Position DEAD = new Position(new State[0], new Node[0], Ends.NO);

  /// What ends at a position.
  enum Ends {
    /// Nothing: more has to come.
    NO,
    /// The whole text may end.
    TEXT,
    /// The rule may end whose surroundings are left open.
    OPEN_RULE
  }

  final State[] states;
  final Node[] nodes;
  final Ends ends;

  private static final int BLOCK = 32;
  private final @Nullable Position[][] next = new Position[256 / BLOCK][];
  private final int hash;

  Position(State[] states, Node[] nodes, Ends ends) {
    this.states = states;
    this.nodes = nodes;
    this.ends = ends;
    int code = ends.hashCode();
    for (int i = 0; i < states.length; i++) {
      code = code * 31 + Long.hashCode(states[i].id) * 17 + Long.hashCode(nodes[i].id);
    }
    hash = code;
  }

  int size() {
    return states.length;
  }

  boolean isDead() {
    return states.length == 0 && ends == Ends.NO;
  }

  @Nullable Position known(int value) {
    Position[] block = next[value / BLOCK];
    return block == null ? null : block[value % BLOCK];
  }

  void learn(int value, Position position) {
    Position[] block = next[value / BLOCK];
    if (block == null) {
      block = new Position[BLOCK];
      next[value / BLOCK] = block;
    }
    block[value % BLOCK] = position;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Position position)
        || position.hash != hash
        || position.ends != ends
        || position.states.length != states.length) {
      return false;
    }
    for (int i = 0; i < states.length; i++) {
      if (states[i] != position.states[i] || nodes[i].id != position.nodes[i].id) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
