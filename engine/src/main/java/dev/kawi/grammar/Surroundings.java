package dev.kawi.grammar;

import dev.kawi.grammar.Node.Caller;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

// How it works. What a rule allows depends little on who called it, so the callers are replaced by
// one that is left open. If a counting rule repeats the rule, the counter and what comes after the
// repetition are kept, else each character of a bounded string would be open. Counters above the
// length of the longest token are all the same; what comes after is replaced, where it is one
// byte, by a state that all grammars share, so that all bounded strings have the same surroundings.

/// Cuts the callers of a rule off where they no longer matter for a single token.
final class Surroundings {
  private static final int MOST_CALLERS = 8;
  private static final int MOST_COUNTERS = 3;

  private static final Rule CLOSING = Rule.named("closing");
  private static final State[] LAST_BYTES = lastBytes();

  private final Closure closure;
  private final int most;

  /// @param closure keeps the nodes
  /// @param longest bytes of the longest token
  Surroundings(Closure closure, int longest) {
    this.closure = closure;
    this.most = longest + 1;
  }

  private static State[] lastBytes() {
    State end = new State();
    end.end = true;
    end.need = 0;
    State[] states = new State[256];
    for (int value = 0; value < states.length; value++) {
      State state = new State();
      state.bounds = new byte[] {(byte) value, (byte) value};
      state.targets = new State[] {end};
      state.need = 0;
      states[value] = state;
    }
    return states;
  }

  /// A node like this one, with its surroundings alone.
  Node of(Node node) {
    boolean counted =
        node.callers.length <= MOST_COUNTERS
            && Arrays.stream(node.callers).allMatch(caller -> caller.next() == Node.COUNT);
    List<Caller> callers = new ArrayList<>();
    if (counted) {
      for (Caller caller : node.callers) {
        if (caller.node() != null) {
          callers.add(new Caller(Node.COUNT, counter(caller.node())));
        }
      }
    }
    return plain(node.rule, callers);
  }

  private Node plain(Rule rule, List<Caller> callers) {
    return closure.intern(rule, 1, 1, callers.isEmpty() ? open() : sorted(callers));
  }

  private static Caller[] open() {
    return new Caller[] {new Caller(Node.UNKNOWN, null)};
  }

  private static Caller[] sorted(List<Caller> callers) {
    Caller[] sorted = callers.stream().distinct().toArray(Caller[]::new);
    Arrays.sort(sorted, Closure::compare);
    return sorted;
  }

  private Node counter(Node node) {
    return closure.intern(
        closure.counting(node.rule),
        Math.min(node.toCome, most),
        Math.min(node.possible, most),
        after(node));
  }

  private Caller[] after(Node counter) {
    if (counter.callers.length > MOST_CALLERS) {
      return open();
    }
    List<Caller> after = new ArrayList<>();
    for (Caller caller : counter.callers) {
      if (caller.node() == null || caller.next() == Node.COUNT) {
        return open();
      }
      after.add(after(caller.next(), caller.node().rule));
    }
    return sorted(after);
  }

  private Caller after(State state, Rule rule) {
    boolean lastByte =
        state.targets.length == 1
            && state.skips.length == 0
            && state.calls.length == 0
            && !state.end
            && state.bounds[0] == state.bounds[1]
            && state.targets[0].isOnlyEnd();
    return lastByte
        ? new Caller(LAST_BYTES[state.bounds[0] & 0xff], plain(CLOSING, List.of()))
        : new Caller(state, plain(rule, List.of()));
  }

  /// How many repetitions may come, if one counter surrounds the node; else 0.
  static int possible(Node near) {
    Caller first = near.callers[0];
    boolean one = near.callers.length == 1 && first.next() == Node.COUNT && first.node() != null;
    return one ? first.node().possible : 0;
  }

  /// The same node where any number of repetitions may come.
  Node unbounded(Node near) {
    Node counter = near.callers[0].node();
    if (counter == null) {
      throw new IllegalStateException("Bug: no counter surrounds the rule");
    }
    Node free = closure.intern(counter.rule, counter.toCome, most, counter.callers);
    return plain(near.rule, List.of(new Caller(Node.COUNT, free)));
  }
}
