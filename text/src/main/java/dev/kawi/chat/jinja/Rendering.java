package dev.kawi.chat.jinja;

import java.time.LocalDateTime;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// One rendering in progress: its budget, its clock, and the line it is at.
final class Rendering {
  private static final long SEED = 1;

  final Budget budget = new Budget();
  final LocalDateTime now;
  final Operators operators = new Operators(budget);
  final RandomGenerator random = new SplittableRandom(SEED);
  final Printer printer = new Printer(budget);
  int line;

  Rendering(LocalDateTime now) {
    this.now = now;
  }

  TextBuilder builder() {
    return new TextBuilder(budget);
  }

  /// Python's `str(value)`.
  Text string(Value value) {
    return printer.string(value);
  }
}
