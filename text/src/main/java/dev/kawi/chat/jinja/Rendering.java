package dev.kawi.chat.jinja;

import java.time.LocalDateTime;

/// One rendering in progress: its budget, its clock, and the line it is at.
final class Rendering {
  final Budget budget = new Budget();
  final LocalDateTime now;
  final Operators operators = new Operators(budget);
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
