package dev.kawi.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/// Finds out what the run needs to know of rules: which match nothing at all, how deeply the
/// shortest way to an end is nested, and in which order rules call each other before a byte is
/// read.
final class RuleAnalysis {
  /// Calls without a byte between them.
  private static final int MAX_HEIGHT = 500;

  private static final int MAX_PASSES = 4 * Closure.MAX_DEPTH;

  private final List<State> states;
  private final List<Rule> rules;

  RuleAnalysis(List<State> states, List<Rule> rules) {
    this.states = states;
    this.rules = rules;
  }

  void run(Rule root) {
    findNullable();
    findNeeds();
    if (root.need() >= State.ENDLESS) {
      throw new GrammarException(
          "grammar: no finite text matches %s; give each recursion a way out"
              .formatted(root.name()));
    }
    if (root.need() > Closure.MAX_DEPTH) {
      throw new GrammarException(
          "grammar: the shortest text of %s nests %d rules, at most %d are possible"
              .formatted(root.name(), root.need(), Closure.MAX_DEPTH));
    }
    Set<Rule> open = Collections.newSetFromMap(new IdentityHashMap<>());
    rules.forEach(rule -> height(rule, open));
  }

  /// Asks each rule, and again those that call one that turned out to be nullable.
  private void findNullable() {
    IdentityHashMap<Rule, List<Rule>> callers = callers();
    Deque<Rule> open = new ArrayDeque<>(rules);
    for (Rule rule = open.poll(); rule != null; rule = open.poll()) {
      if (!rule.nullable && isNullable(rule)) {
        rule.nullable = true;
        open.addAll(callers.getOrDefault(rule, List.of()));
      }
    }
  }

  private IdentityHashMap<Rule, List<Rule>> callers() {
    IdentityHashMap<Rule, List<Rule>> callers = new IdentityHashMap<>();
    for (Rule rule : rules) {
      Set<Rule> called = Collections.newSetFromMap(new IdentityHashMap<>());
      if (rule.body != null) {
        called.add(rule.body);
      }
      for (State state : states(rule)) {
        for (State.Call call : state.calls) {
          called.add(call.rule());
        }
      }
      called.forEach(other -> callers.computeIfAbsent(other, _ -> new ArrayList<>()).add(rule));
    }
    return callers;
  }

  /// All states of a rule.
  private static Set<State> states(Rule rule) {
    Set<State> seen = new HashSet<>(Set.of(rule.start));
    Deque<State> open = new ArrayDeque<>(seen);
    for (State state = open.poll(); state != null; state = open.poll()) {
      List<State> next = new ArrayList<>(List.of(state.targets));
      next.addAll(List.of(state.skips));
      for (State.Call call : state.calls) {
        next.add(call.next());
      }
      for (State other : next) {
        if (seen.add(other)) {
          open.add(other);
        }
      }
    }
    return seen;
  }

  private static boolean isNullable(Rule rule) {
    return rule.body == null
        ? reachable(rule).stream().anyMatch(state -> state.end)
        : rule.min == 0 || rule.body.nullable;
  }

  /// The states of a rule that are reached without reading a byte.
  private static Set<State> reachable(Rule rule) {
    Set<State> seen = new HashSet<>(Set.of(rule.start));
    Deque<State> open = new ArrayDeque<>(seen);
    for (State state = open.poll(); state != null; state = open.poll()) {
      for (State next : state.skips) {
        if (seen.add(next)) {
          open.add(next);
        }
      }
      for (State.Call call : state.calls) {
        if (call.rule().nullable && seen.add(call.next())) {
          open.add(call.next());
        }
      }
    }
    return seen;
  }

  /// Passes over all states, in turn in both directions, until nothing changes. A few for each
  /// nested rule are enough; more would only find what is nested too deeply anyhow.
  private void findNeeds() {
    List<State> order = new ArrayList<>(states.reversed());
    boolean changed = true;
    for (int pass = 0; changed && pass < MAX_PASSES; pass++) {
      changed = false;
      for (State state : order) {
        int need = need(state);
        if (need < state.need) {
          state.need = need;
          changed = true;
        }
      }
      Collections.reverse(order);
    }
  }

  private static int need(State state) {
    int need = state.need;
    for (State next : state.targets) {
      need = Math.min(need, next.need);
    }
    for (State next : state.skips) {
      need = Math.min(need, next.need);
    }
    for (State.Call call : state.calls) {
      need = Math.min(need, call.need());
    }
    return need;
  }

  private int height(Rule rule, Set<Rule> open) {
    if (rule.height > 0) {
      return rule.height;
    }
    if (!open.add(rule)) {
      throw new GrammarException(
          "grammar: %s begins with itself (left recursion), which is not supported; put something before it"
              .formatted(rule.name()));
    }
    if (open.size() > MAX_HEIGHT) {
      throw new GrammarException(
          "grammar: more than %d rules begin with one another, at %s"
              .formatted(MAX_HEIGHT, rule.name()));
    }
    int height = 0;
    if (rule.body == null) {
      for (State state : reachable(rule)) {
        for (State.Call call : state.calls) {
          height = Math.max(height, height(call.rule(), open));
        }
      }
    } else {
      height = height(rule.body, open);
    }
    open.remove(rule);
    rule.height = height + 1;
    return rule.height;
  }
}
