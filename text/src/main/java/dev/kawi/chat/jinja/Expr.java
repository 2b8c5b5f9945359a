package dev.kawi.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// An expression, with the line it is on.
sealed interface Expr {
  int line();

  /// Arithmetic operators.
  enum Operator {
    ADD("+"),
    SUB("-"),
    MUL("*"),
    DIV("/"),
    FLOORDIV("//"),
    MOD("%"),
    POW("**");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }
  }

  /// Comparison operators.
  enum Relation {
    EQ("=="),
    NE("!="),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    IN("in"),
    NOT_IN("not in");

    private final String symbol;

    Relation(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }
  }

  record Const(Value value, int line) implements Expr {}

  record Name(String name, int line) implements Expr {}

  record ListOf(List<Expr> items, int line) implements Expr {}

  record TupleOf(List<Expr> items, int line) implements Expr {}

  record DictOf(List<Pair> pairs, int line) implements Expr {}

  /// A key and its value in a dict.
  record Pair(Expr key, Expr value) {}

  record Not(Expr operand, int line) implements Expr {}

  record Negative(Expr operand, int line) implements Expr {}

  record Positive(Expr operand, int line) implements Expr {}

  record And(Expr left, Expr right, int line) implements Expr {}

  record Or(Expr left, Expr right, int line) implements Expr {}

  record Arithmetical(Operator operator, Expr left, Expr right, int line) implements Expr {}

  /// `a < b < c`, each middle operand evaluated once.
  record Compare(Expr first, List<Comparison> rest, int line) implements Expr {}

  /// One further operand of a comparison.
  record Comparison(Relation relation, Expr operand) {}

  /// `a ~ b ~ c`.
  record Concat(List<Expr> parts, int line) implements Expr {}

  record Conditional(Expr test, Expr then, @Nullable Expr otherwise, int line) implements Expr {}

  record Attribute(Expr object, String name, int line) implements Expr {}

  record Item(Expr object, Expr key, int line) implements Expr {}

  /// `object[start:stop:step]`.
  record Slice(
      Expr object, @Nullable Expr start, @Nullable Expr stop, @Nullable Expr step, int line)
      implements Expr {}

  record Call(Expr callee, Arguments arguments, int line) implements Expr {}

  record Filtered(Expr input, FilterCall filter, int line) implements Expr {}

  record Test(Expr subject, String name, Arguments arguments, int line) implements Expr {}

  /// A filter and its arguments, without its input.
  record FilterCall(String name, Arguments arguments, int line) {}

  /// What stands between the parentheses of a call; `rest` is behind `*`, `namedRest` behind `**`.
  record Arguments(
      List<Expr> positional, List<Keyword> named, @Nullable Expr rest, @Nullable Expr namedRest) {
    static final Arguments NONE = new Arguments(List.of(), List.of(), null, null);
  }

  /// An argument by name.
  record Keyword(String name, Expr value) {}
}
