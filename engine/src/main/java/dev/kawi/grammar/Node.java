package dev.kawi.grammar;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A rule that was called and has not ended, with all callers that wait for it at this place: a
/// node of a graph-structured stack. A node of a counting rule knows how many repetitions have to
/// and may come, the one under way included. Nodes do not change and are equal when all is equal.
final class Node {
  /// Where a rule returns to whose surroundings are left open.
  static final State UNKNOWN = new State();

  /// Where the root returns to.
  static final State NOBODY = new State();

  /// Where the body of a counting rule returns to.
  static final State COUNT = new State();

  /// Where the caller goes on, and the rule in which that is.
  record Caller(State next, @Nullable Node node) {
    boolean isSame(Caller other) {
      return next == other.next && id() == other.id();
    }

    long id() {
      return node == null ? 0 : node.id;
    }
  }

  final Rule rule;
  final int toCome;
  final int possible;
  final Caller[] callers;

  /// How many rules are open.
  final int depth;

  /// Orders nodes.
  final long id;

  private final int hash;

  Node(Rule rule, int toCome, int possible, Caller[] callers, long id) {
    this.rule = rule;
    this.toCome = toCome;
    this.possible = possible;
    this.callers = callers;
    this.id = id;
    int deepest = 0;
    int code = System.identityHashCode(rule) * 31 + toCome * 17 + possible;
    for (Caller caller : callers) {
      code = code * 31 + Long.hashCode(caller.next.id);
      if (caller.node != null) {
        code = code * 31 + Long.hashCode(caller.node.id);
        deepest = Math.max(deepest, caller.node.depth);
      }
    }
    depth = deepest + 1;
    hash = code;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Node node
        && node.rule == rule
        && node.toCome == toCome
        && node.possible == possible
        && node.callers.length == callers.length
        && sameCallers(node);
  }

  private boolean sameCallers(Node node) {
    for (int i = 0; i < callers.length; i++) {
      if (!callers[i].isSame(node.callers[i])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return rule.name() + Arrays.toString(Arrays.stream(callers).map(Caller::node).toArray());
  }
}
