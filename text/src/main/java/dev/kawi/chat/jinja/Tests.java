package dev.kawi.chat.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The tests behind `is`.
final class Tests {
  private interface Check {
    boolean holds(Rendering rendering, Value value, Args args);
  }

  private interface Plain {
    boolean holds(Value value);
  }

  private interface Relation {
    boolean holds(Operators operators, Value value, Value other);
  }

  private static final Map<String, Check> CHECKS = new HashMap<>();

  private Tests() {}

  static {
    plain("defined", v -> !(v instanceof Undefined));
    plain("undefined", v -> v instanceof Undefined);
    plain("none", v -> v instanceof Value.None);
    plain("boolean", v -> v instanceof Value.Bool);
    plain("true", v -> v instanceof Value.Bool b && b.value());
    plain("false", v -> v instanceof Value.Bool b && !b.value());
    plain("integer", v -> v instanceof Value.Int);
    plain("float", v -> v instanceof Value.Real);
    plain("number", Operators::isNumber);
    plain("string", v -> v instanceof Text);
    plain("mapping", v -> v instanceof Dict);
    plain("iterable", Operators::isIterable);
    plain(
        "sequence",
        v ->
            v instanceof Text
                || v instanceof Value.Sequence
                || v instanceof Dict
                || v instanceof Undefined);
    plain(
        "callable",
        v -> v instanceof Undefined || (v instanceof Obj object && object.isCallable()));
    plain("escaped", v -> v instanceof Text t && t.isMarkup());
    CHECKS.put("lower", (r, v, args) -> TextCase.isLower(r.string(v).chars()));
    CHECKS.put("upper", (r, v, args) -> TextCase.isUpper(r.string(v).chars()));
    CHECKS.put("odd", (r, v, args) -> remainder(r, v, 2) == 1);
    CHECKS.put("even", (r, v, args) -> remainder(r, v, 2) == 0);
    CHECKS.put(
        "divisibleby",
        (r, v, args) -> {
          Value rest = Arithmetic.apply(r, Expr.Operator.MOD, v, one(args, "divisibleby", "num"));
          return !Operators.truth(rest);
        });
    plain("filter", v -> v instanceof Text t && Filters.exists(t.chars()));
    plain("test", v -> v instanceof Text t && exists(t.chars()));
    relation((o, v, other) -> o.equal(v, other), "eq", "equalto", "==");
    relation((o, v, other) -> !o.equal(v, other), "ne", "!=");
    relation((o, v, other) -> o.compare(v, other, ">") == 1, "gt", "greaterthan", ">");
    relation((o, v, other) -> o.compare(v, other, "<") < 0, "lt", "lessthan", "<");
    relation((o, v, other) -> o.compare(v, other, "<=") <= 0, "le", "<=");
    relation((o, v, other) -> isAtLeast(o.compare(v, other, ">=")), "ge", ">=");
    relation((o, v, other) -> o.contains(other, v), "in");
    relation((o, v, other) -> isSame(v, other), "sameas");
  }

  private static void plain(String name, Plain check) {
    CHECKS.put(
        name,
        (r, v, args) -> {
          args.bind(name, "");
          return check.holds(v);
        });
  }

  private static void relation(Relation relation, String... names) {
    for (String name : names) {
      CHECKS.put(name, (r, v, args) -> relation.holds(r.operators, v, one(args, name, "other")));
    }
  }

  private static Value one(Args args, String test, String parameter) {
    @Nullable Value[] bound = args.bind(test, parameter);
    return Value.orNone(bound[0]);
  }

  private static boolean isAtLeast(int order) {
    return order == 0 || order == 1;
  }

  private static int remainder(Rendering rendering, Value value, int divisor) {
    Value rest = Arithmetic.apply(rendering, Expr.Operator.MOD, value, Value.integer(divisor));
    return Operators.isNumber(rest) ? (int) Arithmetic.toDouble(rest) : -1;
  }

  /// Small integers and the constants are single objects in Python; other equal values are taken as
  /// distinct unless they are the same object here.
  private static boolean isSame(Value a, Value b) {
    return switch (a) {
      case Value.None n -> b instanceof Value.None;
      case Value.Bool x -> b instanceof Value.Bool y && x.value() == y.value();
      case Value.Int x -> b instanceof Value.Int y && x.value().equals(y.value());
      case Text x -> b instanceof Text y && x.chars().equals(y.chars());
      default -> Operators.isSameObject(a, b);
    };
  }

  static boolean exists(String name) {
    return CHECKS.containsKey(name);
  }

  static boolean apply(Rendering rendering, String name, Value value, Args args) {
    Check check = CHECKS.get(name);
    if (check == null) {
      throw JinjaException.evaluation("No test named '" + name + "'.");
    }
    return check.holds(rendering, value, args);
  }
}
