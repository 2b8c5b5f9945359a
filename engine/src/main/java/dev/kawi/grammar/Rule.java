package dev.kawi.grammar;

import org.jspecify.annotations.Nullable;

/// A compiled part of a grammar that others call, or a part that is repeated with a counter.
final class Rule {
  private final String name;

  /// What is repeated; null where the rule has states of its own.
  final @Nullable Rule body;

  final int min;
  final int max;

  /// Where it begins; a counting rule has no states.
  final State start = new State();

  /// Whether it matches nothing at all.
  boolean nullable;

  /// Above the heights of all rules that it may call before it reads a byte.
  int height;

  private Rule(String name, @Nullable Rule body, int min, int max) {
    this.name = name;
    this.body = body;
    this.min = min;
    this.max = max;
  }

  /// A rule whose states are to be compiled.
  static Rule named(String name) {
    return new Rule(name, null, 1, 1);
  }

  /// Counts repetitions of `body`.
  static Rule counting(Rule body, int min, int max) {
    return new Rule(body.name + "{}", body, min, max);
  }

  String name() {
    return name;
  }

  /// How many nested calls its shortest text needs.
  int need() {
    if (body == null) {
      return start.need;
    }
    return min == 0 || body.nullable ? 0 : 1 + body.need();
  }
}
