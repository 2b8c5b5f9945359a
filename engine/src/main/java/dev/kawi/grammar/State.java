package dev.kawi.grammar;

import java.util.concurrent.atomic.AtomicLong;

/// A state of a [Rule]'s automaton. While it is compiled edges are added; afterwards it does not
/// change.
final class State {
  /// More nested calls than any text may need.
  static final int ENDLESS = 1 << 20;

  private static final AtomicLong IDS = new AtomicLong();
  static final State[] NO_STATES = {};
  static final Call[] NO_CALLS = {};

  /// Calls of another rule, after which this one goes on in `next`.
  record Call(Rule rule, State next) {
    /// How many nested calls the shortest way to the end of the calling rule needs.
    int need() {
      return Math.max(1 + rule.need(), next.need);
    }
  }

  /// Unique in the process, which orders states.
  final long id = IDS.getAndIncrement();

  /// Its place among the states of one compilation.
  int index = -1;

  /// Bytes that an edge takes, first and last, in turn.
  byte[] bounds = {};

  State[] targets = NO_STATES;
  State[] skips = NO_STATES;
  Call[] calls = NO_CALLS;

  /// Whether the rule may end here.
  boolean end;

  /// How many nested calls the shortest way to the end of the rule needs.
  int need = ENDLESS;

  boolean readsBytes() {
    return targets.length > 0;
  }

  /// Whether nothing but the end of the rule comes.
  boolean isOnlyEnd() {
    return end && targets.length == 0 && skips.length == 0 && calls.length == 0;
  }

  boolean takes(int edge, int value) {
    return value >= (bounds[2 * edge] & 0xff) && value <= (bounds[2 * edge + 1] & 0xff);
  }
}
