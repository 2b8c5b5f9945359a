package dev.kawi.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Evaluates expressions.
final class Evaluator {
  private final Rendering rendering;

  Evaluator(Rendering rendering) {
    this.rendering = rendering;
  }

  /// The value of an expression in a scope.
  Value evaluate(Expr expr, Scope scope) {
    rendering.budget.step();
    return switch (expr) {
      case Expr.Const constant -> constant.value();
      case Expr.Name name -> variable(name, scope);
      default -> {
        rendering.budget.enter();
        Value value = compound(expr, scope);
        rendering.budget.leave();
        yield value;
      }
    };
  }

  private static Value variable(Expr.Name name, Scope scope) {
    Value value = scope.get(name.name());
    return value == null ? Undefined.variable(name.name()) : value;
  }

  private Value compound(Expr expr, Scope scope) {
    return switch (expr) {
      case Expr.Const constant -> constant.value();
      case Expr.Name name -> variable(name, scope);
      case Expr.ListOf list -> new Value.ListValue(all(list.items(), scope));
      case Expr.TupleOf tuple -> new Value.Tuple(all(tuple.items(), scope));
      case Expr.DictOf dict -> dict(dict, scope);
      case Expr.Not not -> Value.bool(!Operators.truth(evaluate(not.operand(), scope)));
      case Expr.Negative negative ->
          Arithmetic.negate(operand(negative.operand(), negative.line(), scope));
      case Expr.Positive positive ->
          Arithmetic.plus(operand(positive.operand(), positive.line(), scope));
      case Expr.And and -> {
        Value left = evaluate(and.left(), scope);
        yield Operators.truth(left) ? evaluate(and.right(), scope) : left;
      }
      case Expr.Or or -> {
        Value left = evaluate(or.left(), scope);
        yield Operators.truth(left) ? left : evaluate(or.right(), scope);
      }
      case Expr.Arithmetical arithmetical -> {
        Value left = evaluate(arithmetical.left(), scope);
        Value right = operand(arithmetical.right(), arithmetical.line(), scope);
        yield Arithmetic.apply(rendering, arithmetical.operator(), left, right);
      }
      case Expr.Compare compare -> compare(compare, scope);
      case Expr.Concat concat -> concat(concat, scope);
      case Expr.Conditional conditional -> conditional(conditional, scope);
      case Expr.Attribute attribute ->
          Lookup.attribute(operand(attribute.object(), attribute.line(), scope), attribute.name());
      case Expr.Item item -> {
        Value object = evaluate(item.object(), scope);
        yield Lookup.item(rendering, object, operand(item.key(), item.line(), scope));
      }
      case Expr.Slice slice -> slice(slice, scope);
      case Expr.Call call -> {
        Value callee = evaluate(call.callee(), scope);
        yield call(callee, arguments(call.arguments(), scope), call.line());
      }
      case Expr.Filtered filtered ->
          apply(filtered.filter(), evaluate(filtered.input(), scope), scope);
      case Expr.Test test -> {
        Value subject = evaluate(test.subject(), scope);
        Args args = arguments(test.arguments(), scope);
        rendering.line = test.line();
        yield Value.bool(Tests.apply(rendering, test.name(), subject, args));
      }
    };
  }

  /// The value of an operand, with the line back at the operation that is about to use it.
  private Value operand(Expr expr, int line, Scope scope) {
    Value value = evaluate(expr, scope);
    rendering.line = line;
    return value;
  }

  private List<Value> all(List<Expr> exprs, Scope scope) {
    List<Value> values = new ArrayList<>(exprs.size());
    for (Expr expr : exprs) {
      values.add(evaluate(expr, scope));
    }
    return values;
  }

  private Value dict(Expr.DictOf expr, Scope scope) {
    Dict dict = new Dict();
    for (Expr.Pair pair : expr.pairs()) {
      Value key = evaluate(pair.key(), scope);
      dict.put(key, evaluate(pair.value(), scope));
    }
    return dict;
  }

  private Value compare(Expr.Compare expr, Scope scope) {
    Value left = evaluate(expr.first(), scope);
    for (Expr.Comparison comparison : expr.rest()) {
      Value right = operand(comparison.operand(), expr.line(), scope);
      if (!holds(comparison.relation(), left, right)) {
        return Value.FALSE;
      }
      left = right;
    }
    return Value.TRUE;
  }

  private boolean holds(Expr.Relation relation, Value left, Value right) {
    Operators operators = rendering.operators;
    return switch (relation) {
      case EQ -> operators.equal(left, right);
      case NE -> !operators.equal(left, right);
      case IN -> operators.contains(right, left);
      case NOT_IN -> !operators.contains(right, left);
      case LT -> operators.compare(left, right, "<") < 0;
      case GT -> operators.compare(left, right, ">") == 1;
      case LE -> operators.compare(left, right, "<=") <= 0;
      case GE -> {
        int order = operators.compare(left, right, ">=");
        yield order == 0 || order == 1;
      }
    };
  }

  private Value concat(Expr.Concat expr, Scope scope) {
    TextBuilder builder = rendering.builder();
    for (Expr part : expr.parts()) {
      builder.append(rendering.string(evaluate(part, scope)));
    }
    return builder.build();
  }

  private Value conditional(Expr.Conditional expr, Scope scope) {
    if (Operators.truth(evaluate(expr.test(), scope))) {
      return evaluate(expr.then(), scope);
    }
    Expr otherwise = expr.otherwise();
    return otherwise == null
        ? new Undefined(
            "the inline if-expression on line "
                + expr.line()
                + " evaluated to false and no else section was defined.")
        : evaluate(otherwise, scope);
  }

  private Value slice(Expr.Slice expr, Scope scope) {
    Value object = evaluate(expr.object(), scope);
    Value start = optional(expr.start(), scope);
    Value stop = optional(expr.stop(), scope);
    Value step = optional(expr.step(), scope);
    rendering.line = expr.line();
    return rendering.operators.slice(object, start, stop, step);
  }

  private Value optional(@Nullable Expr expr, Scope scope) {
    return expr == null ? Value.NONE : evaluate(expr, scope);
  }

  private Value call(Value callee, Args args, int line) {
    rendering.line = line;
    return switch (callee) {
      case Obj object -> object.call(rendering, args);
      case Undefined undefined -> throw undefined.failure();
      default ->
          throw Operators.typeError("'" + Operators.typeName(callee) + "' object is not callable");
    };
  }

  /// Calls with the body of a `call` block as the argument `caller`.
  Value callWithCaller(Expr.Call call, Macro caller, Scope scope) {
    Value callee = evaluate(call.callee(), scope);
    Args args = arguments(call.arguments(), scope);
    Map<String, Value> named = new LinkedHashMap<>(args.named());
    named.put("caller", caller);
    return call(callee, new Args(args.positional(), named), call.line());
  }

  Value applyAll(List<Expr.FilterCall> filters, Value input, Scope scope) {
    Value value = input;
    for (Expr.FilterCall filter : filters) {
      value = apply(filter, value, scope);
    }
    return value;
  }

  private Value apply(Expr.FilterCall filter, Value input, Scope scope) {
    Args args = arguments(filter.arguments(), scope);
    rendering.line = filter.line();
    return Filters.apply(rendering, filter.name(), input, args);
  }

  private Args arguments(Expr.Arguments arguments, Scope scope) {
    if (arguments.equals(Expr.Arguments.NONE)) {
      return Args.NONE;
    }
    List<Value> positional = all(arguments.positional(), scope);
    Map<String, Value> named = new LinkedHashMap<>();
    for (Expr.Keyword keyword : arguments.named()) {
      if (named.put(keyword.name(), evaluate(keyword.value(), scope)) != null) {
        throw JinjaException.evaluation("keyword argument repeated: " + keyword.name());
      }
    }
    Expr rest = arguments.rest();
    if (rest != null) {
      positional.addAll(rendering.operators.collect(evaluate(rest, scope)));
    }
    Expr namedRest = arguments.namedRest();
    if (namedRest != null) {
      addNamed(evaluate(namedRest, scope), named);
    }
    return new Args(positional, named);
  }

  private static void addNamed(Value mapping, Map<String, Value> named) {
    if (!(mapping instanceof Dict dict)) {
      throw JinjaException.evaluation(
          "argument after ** must be a mapping, not " + Operators.typeName(mapping));
    }
    for (Dict.Entry entry : dict.entries()) {
      if (!(entry.key() instanceof Text name)) {
        throw JinjaException.evaluation("keywords must be strings");
      }
      if (named.put(name.chars(), entry.value()) != null) {
        throw JinjaException.evaluation("got multiple values for keyword argument '" + name + "'");
      }
    }
  }
}
