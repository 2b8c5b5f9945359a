package dev.kawi.chat.jinja;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which names a body reads, at any depth: a macro takes `*varargs`, `**kwargs` or a `caller` only
/// when its body mentions them.
final class Mentions {
  private final Set<String> names = new HashSet<>();

  private Mentions() {}

  static Set<String> of(List<Stmt> body) {
    Mentions mentions = new Mentions();
    mentions.statements(body);
    return mentions.names;
  }

  private void statements(List<Stmt> body) {
    body.forEach(this::statement);
  }

  private void statement(Stmt statement) {
    switch (statement) {
      case Stmt.Data d -> {}
      case Stmt.Print p -> expression(p.value());
      case Stmt.For loop -> {
        expression(loop.iterable());
        expression(loop.test());
        statements(loop.body());
        statements(loop.otherwise());
      }
      case Stmt.If chain -> {
        chain.branches().forEach(b -> expression(b.test()));
        chain.branches().forEach(b -> statements(b.body()));
        statements(chain.otherwise());
      }
      case Stmt.Set set -> expression(set.value());
      case Stmt.SetBlock set -> {
        set.filters().forEach(f -> arguments(f.arguments()));
        statements(set.body());
      }
      case Stmt.With with -> {
        with.bindings().forEach(b -> expression(b.value()));
        statements(with.body());
      }
      case Stmt.Macro macro -> {
        expressions(macro.signature().defaults());
        statements(macro.body());
      }
      case Stmt.CallBlock call -> {
        expression(call.call());
        expressions(call.signature().defaults());
        statements(call.body());
      }
      case Stmt.FilterBlock filter -> {
        filter.filters().forEach(f -> arguments(f.arguments()));
        statements(filter.body());
      }
      case Stmt.Scoped scoped -> statements(scoped.body());
      case Stmt.Generation generation -> statements(generation.body());
      case Stmt.Block b -> {}
      case Stmt.Break b -> {}
      case Stmt.Continue c -> {}
      case Stmt.NeedsLoader n -> {}
    }
  }

  private void expressions(List<Expr> all) {
    all.forEach(this::expression);
  }

  private void arguments(Expr.Arguments arguments) {
    expressions(arguments.positional());
    arguments.named().forEach(k -> expression(k.value()));
    expression(arguments.rest());
    expression(arguments.namedRest());
  }

  private void expression(@Nullable Expr expr) {
    switch (expr) {
      case null -> {}
      case Expr.Const c -> {}
      case Expr.Name name -> names.add(name.name());
      case Expr.ListOf list -> expressions(list.items());
      case Expr.TupleOf tuple -> expressions(tuple.items());
      case Expr.DictOf dict ->
          dict.pairs()
              .forEach(p -> {
                expression(p.key());
                expression(p.value());
              });
      case Expr.Not not -> expression(not.operand());
      case Expr.Negative negative -> expression(negative.operand());
      case Expr.Positive positive -> expression(positive.operand());
      case Expr.And and -> expressions(List.of(and.left(), and.right()));
      case Expr.Or or -> expressions(List.of(or.left(), or.right()));
      case Expr.Arithmetical a -> expressions(List.of(a.left(), a.right()));
      case Expr.Compare compare -> {
        expression(compare.first());
        compare.rest().forEach(c -> expression(c.operand()));
      }
      case Expr.Concat concat -> expressions(concat.parts());
      case Expr.Conditional c -> {
        expression(c.test());
        expression(c.then());
        expression(c.otherwise());
      }
      case Expr.Attribute attribute -> expression(attribute.object());
      case Expr.Item item -> expressions(List.of(item.object(), item.key()));
      case Expr.Slice slice -> {
        expression(slice.object());
        expression(slice.start());
        expression(slice.stop());
        expression(slice.step());
      }
      case Expr.Call call -> {
        expression(call.callee());
        arguments(call.arguments());
      }
      case Expr.Filtered filtered -> {
        expression(filtered.input());
        arguments(filtered.filter().arguments());
      }
      case Expr.Test test -> {
        expression(test.subject());
        arguments(test.arguments());
      }
    }
  }
}
