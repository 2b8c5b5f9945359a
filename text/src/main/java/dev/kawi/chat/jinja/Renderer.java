package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Stmt.Target;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Executes the statements of a template; [Evaluator] does the expressions in them.
final class Renderer {
  /// How a statement ended.
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Rendering rendering;
  private final Evaluator evaluator;
  private final Scope top;
  private final TextBuilder output;
  private final List<int[]> generated = new ArrayList<>();

  Renderer(Rendering rendering, Scope variables) {
    this.rendering = rendering;
    this.evaluator = new Evaluator(rendering);
    this.top = new Scope(variables);
    this.output = rendering.builder();
  }

  Evaluator evaluator() {
    return evaluator;
  }

  /// Renders the template.
  Text render(List<Stmt> template) {
    execute(template, top, output);
    return output.build();
  }

  /// The ranges of the output that `generation` blocks wrote.
  List<int[]> generated() {
    return generated;
  }

  /// Renders a body to a string instead of the output.
  Text capture(List<Stmt> body, Scope scope) {
    TextBuilder builder = rendering.builder();
    execute(body, scope, builder);
    return builder.build();
  }

  private Flow execute(List<Stmt> body, Scope scope, TextBuilder out) {
    rendering.budget.enter();
    Flow flow = Flow.NEXT;
    for (int i = 0; flow == Flow.NEXT && i < body.size(); i++) {
      flow = execute(body.get(i), scope, out);
    }
    rendering.budget.leave();
    return flow;
  }

  private Flow execute(Stmt statement, Scope scope, TextBuilder out) {
    rendering.budget.step();
    rendering.line = statement.line();
    return switch (statement) {
      case Stmt.Data data -> append(data.text(), out);
      case Stmt.Print print -> print(print, scope, out);
      case Stmt.If chain -> ifChain(chain, scope, out);
      case Stmt.For loop -> {
        loop(loop, evaluator.evaluate(loop.iterable(), scope), 0, scope, out);
        yield Flow.NEXT;
      }
      case Stmt.Set set -> {
        assign(set.target(), evaluator.evaluate(set.value(), scope), scope);
        yield Flow.NEXT;
      }
      case Stmt.SetBlock set -> {
        TextBuilder captured = rendering.builder();
        Flow flow = execute(set.body(), new Scope(scope), captured);
        if (flow == Flow.NEXT) {
          assign(set.target(), evaluator.applyAll(set.filters(), captured.build(), scope), scope);
        }
        yield flow;
      }
      case Stmt.FilterBlock filter -> {
        TextBuilder captured = rendering.builder();
        Flow flow = execute(filter.body(), new Scope(scope), captured);
        if (flow == Flow.NEXT) {
          out.append(
              rendering.string(evaluator.applyAll(filter.filters(), captured.build(), scope)));
        }
        yield flow;
      }
      case Stmt.With with -> with(with, scope, out);
      case Stmt.Macro macro -> {
        scope.set(
            macro.name(), new Macro(macro.name(), macro.signature(), macro.body(), scope, this));
        yield Flow.NEXT;
      }
      case Stmt.CallBlock block -> {
        Macro caller = new Macro("caller", block.signature(), block.body(), scope, this);
        yield append(rendering.string(evaluator.callWithCaller(block.call(), caller, scope)), out);
      }
      case Stmt.Scoped scoped -> execute(scoped.body(), new Scope(scope), out);
      case Stmt.Block block -> execute(block.body(), new Scope(block.scoped() ? scope : top), out);
      case Stmt.Generation generation -> generation(generation, scope, out);
      case Stmt.Break b -> Flow.BREAK;
      case Stmt.Continue c -> Flow.CONTINUE;
      case Stmt.NeedsLoader tag ->
          throw JinjaException.evaluation(
              "'" + tag.tag() + "' needs another template; a chat template is a single one");
    };
  }

  private static Flow append(Text text, TextBuilder out) {
    out.append(text);
    return Flow.NEXT;
  }

  private Flow print(Stmt.Print print, Scope scope, TextBuilder out) {
    Value value = evaluator.evaluate(print.value(), scope);
    out.append(rendering.string(value));
    return Flow.NEXT;
  }

  private Flow ifChain(Stmt.If chain, Scope scope, TextBuilder out) {
    for (Stmt.Branch branch : chain.branches()) {
      if (Operators.truth(evaluator.evaluate(branch.test(), scope))) {
        return execute(branch.body(), scope, out);
      }
    }
    return execute(chain.otherwise(), scope, out);
  }

  private Flow with(Stmt.With with, Scope scope, TextBuilder out) {
    Scope inner = new Scope(scope);
    List<Value> values = new ArrayList<>();
    for (Stmt.Binding binding : with.bindings()) {
      values.add(evaluator.evaluate(binding.value(), scope));
    }
    for (int i = 0; i < values.size(); i++) {
      assign(with.bindings().get(i).target(), values.get(i), inner);
    }
    return execute(with.body(), inner, out);
  }

  private Flow generation(Stmt.Generation generation, Scope scope, TextBuilder out) {
    int start = out.length();
    execute(generation.body(), new Scope(scope), out);
    if (out == output && out.length() > start) {
      generated.add(new int[] {start, out.length()});
    }
    return Flow.NEXT;
  }

  private void loop(Stmt.For statement, Value iterable, int depth, Scope scope, TextBuilder out) {
    rendering.budget.enter();
    Iterator<Value> items = rendering.operators.iterate(iterable);
    OptionalInt size = Operators.size(iterable);
    Expr test = statement.test();
    if (test != null) {
      items = new Matching(items, statement.target(), test, scope);
      size = OptionalInt.empty();
    }
    Loop loop =
        new Loop(
            rendering,
            items,
            size,
            depth,
            statement.recursive() ? recursion(statement, scope) : null);
    boolean empty = true;
    Flow flow = Flow.NEXT;
    while (flow != Flow.BREAK && loop.hasNext()) {
      empty = false;
      rendering.budget.steps(2);
      Scope inner = new Scope(scope);
      inner.set("loop", loop);
      assign(statement.target(), loop.next(), inner);
      flow = execute(statement.body(), inner, out);
    }
    if (empty) {
      execute(statement.otherwise(), new Scope(scope), out);
    }
    rendering.budget.leave();
  }

  private Loop.Recursion recursion(Stmt.For statement, Scope scope) {
    return (iterable, depth) -> {
      TextBuilder builder = rendering.builder();
      loop(statement, iterable, depth, scope, builder);
      return builder.build();
    };
  }

  /// The items of a `for ... if`, tested as they are asked for.
  private final class Matching implements Iterator<Value> {
    private final Iterator<Value> items;
    private final Target target;
    private final Expr test;
    private final Scope scope;
    private @Nullable Value ahead;

    Matching(Iterator<Value> items, Target target, Expr test, Scope scope) {
      this.items = items;
      this.target = target;
      this.test = test;
      this.scope = scope;
    }

    @Override
    public boolean hasNext() {
      while (ahead == null && items.hasNext()) {
        Value item = items.next();
        Scope inner = new Scope(scope);
        assign(target, item, inner);
        if (Operators.truth(evaluator.evaluate(test, inner))) {
          ahead = item;
        }
      }
      return ahead != null;
    }

    @Override
    public Value next() {
      if (!hasNext() || ahead == null) {
        throw new NoSuchElementException();
      }
      Value item = ahead;
      ahead = null;
      return item;
    }
  }

  private void assign(Target target, Value value, Scope scope) {
    switch (target) {
      case Target.Variable variable -> scope.set(variable.name(), value);
      case Target.Member member -> {
        if (!(scope.get(member.namespace()) instanceof Namespace namespace)) {
          throw JinjaException.evaluation("cannot assign attribute on non-namespace object");
        }
        namespace.set(member.name(), value);
      }
      case Target.Unpack unpack -> unpack(unpack, value, scope);
    }
  }

  private void unpack(Target.Unpack target, Value value, Scope scope) {
    if (!Operators.isIterable(value)) {
      throw JinjaException.evaluation(
          "cannot unpack non-iterable " + Operators.typeName(value) + " object");
    }
    List<Value> values = rendering.operators.collect(value);
    if (values.size() != target.parts().size()) {
      throw JinjaException.evaluation(
          "cannot unpack " + values.size() + " values into " + target.parts().size() + " names");
    }
    for (int i = 0; i < values.size(); i++) {
      assign(target.parts().get(i), values.get(i), scope);
    }
  }
}
