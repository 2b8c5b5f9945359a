package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Value.Bool;
import dev.kawi.chat.jinja.Value.Int;
import dev.kawi.chat.jinja.Value.ListValue;
import dev.kawi.chat.jinja.Value.Real;
import dev.kawi.chat.jinja.Value.Sequence;
import dev.kawi.chat.jinja.Value.Tuple;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/// Python's `+ - * / // % **` and unary signs. Integers may have up to [#MAX_BITS] bits.
final class Arithmetic {
  static final int MAX_BITS = 14_000;

  private Arithmetic() {}

  static Value apply(Rendering rendering, Expr.Operator operator, Value a, Value b) {
    if (operator == Expr.Operator.MOD && a instanceof Text format) {
      return PercentFormat.format(rendering, format, b);
    }
    if (a instanceof Undefined u) {
      throw u.failure();
    }
    if (b instanceof Undefined u) {
      throw u.failure();
    }
    if (Operators.isNumber(a) && Operators.isNumber(b)) {
      return a instanceof Real || b instanceof Real
          ? reals(operator, toDouble(a), toDouble(b))
          : integers(operator, toBigInteger(a), toBigInteger(b));
    }
    return switch (operator) {
      case ADD -> add(rendering, a, b);
      case MUL -> multiply(rendering, a, b);
      default -> throw unsupported(operator, a, b);
    };
  }

  private static JinjaException unsupported(Expr.Operator operator, Value a, Value b) {
    return Operators.typeError(
        "unsupported operand type(s) for "
            + operator.symbol()
            + ": '"
            + Operators.typeName(a)
            + "' and '"
            + Operators.typeName(b)
            + "'");
  }

  private static Value add(Rendering rendering, Value a, Value b) {
    if (a instanceof Text x && b instanceof Text y) {
      boolean markup = x.isMarkup() || y.isMarkup();
      Text left = markup && !x.isMarkup() ? Html.escape(rendering, x) : x;
      Text right = markup && !y.isMarkup() ? Html.escape(rendering, y) : y;
      Text sum = rendering.builder().append(left).append(right).build();
      return markup ? sum.asMarkup() : sum;
    }
    if (a instanceof ListValue x && b instanceof ListValue y) {
      return new ListValue(joined(rendering, x, y));
    }
    if (a instanceof Tuple x && b instanceof Tuple y) {
      return new Tuple(joined(rendering, x, y));
    }
    if (a instanceof Text) {
      throw Operators.typeError(
          "can only concatenate str (not \"" + Operators.typeName(b) + "\") to str");
    }
    throw unsupported(Expr.Operator.ADD, a, b);
  }

  private static List<Value> joined(Rendering rendering, Sequence a, Sequence b) {
    rendering.budget.steps((long) a.size() + b.size());
    List<Value> items = new ArrayList<>(rendering.operators.collect(a));
    items.addAll(rendering.operators.collect(b));
    return items;
  }

  private static Value multiply(Rendering rendering, Value a, Value b) {
    if (Operators.isNumber(a) && !Operators.isNumber(b)) {
      return multiply(rendering, b, a);
    }
    if (!(b instanceof Int || b instanceof Bool)) {
      throw unsupported(Expr.Operator.MUL, a, b);
    }
    long times = Math.max(0, saturated(toBigInteger(b)));
    return switch (a) {
      case Text t -> {
        Text repeated = rendering.builder().repeat(t, times).build();
        yield t.isMarkup() ? repeated.asMarkup() : repeated;
      }
      case ListValue l -> new ListValue(repeated(rendering, l, times));
      case Tuple t -> new Tuple(repeated(rendering, t, times));
      default -> throw unsupported(Expr.Operator.MUL, a, b);
    };
  }

  private static List<Value> repeated(Rendering rendering, Sequence items, long times) {
    if (items.size() == 0) {
      return List.of();
    }
    rendering.budget.steps(Math.min(times, Budget.MAX_STEPS + 1L) * items.size());
    List<Value> all = new ArrayList<>();
    for (long i = 0; i < times; i++) {
      all.addAll(rendering.operators.collect(items));
    }
    return all;
  }

  private static Value integers(Expr.Operator operator, BigInteger a, BigInteger b) {
    return switch (operator) {
      case ADD -> bounded(a.add(b));
      case SUB -> bounded(a.subtract(b));
      case MUL -> bounded(a.multiply(b));
      case DIV -> new Real(trueDivide(a, b));
      case FLOORDIV -> new Int(floorDivide(a, nonZero(b)));
      case MOD -> new Int(a.subtract(floorDivide(a, nonZero(b)).multiply(b)));
      case POW -> power(a, b);
    };
  }

  private static BigInteger nonZero(BigInteger divisor) {
    if (divisor.signum() == 0) {
      throw JinjaException.evaluation("integer division or modulo by zero");
    }
    return divisor;
  }

  private static BigInteger floorDivide(BigInteger a, BigInteger b) {
    BigInteger[] parts = a.divideAndRemainder(b);
    boolean below = parts[1].signum() != 0 && parts[1].signum() != b.signum();
    return below ? parts[0].subtract(BigInteger.ONE) : parts[0];
  }

  private static double trueDivide(BigInteger a, BigInteger b) {
    if (b.signum() == 0) {
      throw JinjaException.evaluation("division by zero");
    }
    if (a.bitLength() <= 53 && b.bitLength() <= 53) {
      return a.doubleValue() / b.doubleValue();
    }
    return finite(new BigDecimal(a).divide(new BigDecimal(b), new MathContext(40)).doubleValue());
  }

  private static double finite(double value) {
    if (Double.isInfinite(value)) {
      throw JinjaException.evaluation("integer division result too large for a float");
    }
    return value;
  }

  private static Value power(BigInteger a, BigInteger b) {
    if (b.signum() < 0) {
      return reals(Expr.Operator.POW, a.doubleValue(), b.doubleValue());
    }
    if ((a.bitLength() <= 1 && a.signum() >= 0) || a.equals(BigInteger.ONE.negate())) {
      return new Int(
          b.signum() == 0 ? BigInteger.ONE : a.signum() < 0 && !b.testBit(0) ? BigInteger.ONE : a);
    }
    if (b.bitLength() > 20 || (long) a.abs().bitLength() * b.longValue() > 2L * MAX_BITS) {
      throw tooBig();
    }
    return bounded(a.pow(b.intValue()));
  }

  private static Int bounded(BigInteger value) {
    if (value.bitLength() > MAX_BITS) {
      throw tooBig();
    }
    return new Int(value);
  }

  private static JinjaException tooBig() {
    return JinjaException.limit("an integer would have more than " + MAX_BITS + " bits");
  }

  private static Value reals(Expr.Operator operator, double a, double b) {
    return new Real(
        switch (operator) {
          case ADD -> a + b;
          case SUB -> a - b;
          case MUL -> a * b;
          case DIV -> a / nonZero(b);
          case FLOORDIV -> floorDivide(a, nonZero(b));
          case MOD -> modulo(a, nonZero(b));
          case POW -> power(a, b);
        });
  }

  private static double nonZero(double divisor) {
    if (divisor == 0) {
      throw JinjaException.evaluation("float division by zero");
    }
    return divisor;
  }

  private static double modulo(double a, double b) {
    double mod = a % b;
    if (mod == 0) {
      return Math.copySign(0.0, b);
    }
    return (b < 0) == (mod < 0) ? mod : mod + b;
  }

  private static double floorDivide(double a, double b) {
    double mod = a % b;
    double quotient = (a - mod) / b;
    if (mod != 0 && (b < 0) != (mod < 0)) {
      quotient -= 1;
    }
    if (quotient == 0) {
      return Math.copySign(0.0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double power(double a, double b) {
    if (a == 0 && b < 0) {
      throw JinjaException.evaluation("0.0 cannot be raised to a negative power");
    }
    if (a == 1) {
      return 1;
    }
    double result = Math.pow(a, b);
    if (Double.isNaN(result) && !Double.isNaN(a) && !Double.isNaN(b)) {
      throw JinjaException.evaluation("a negative number raised to a fraction is complex");
    }
    if (Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
      throw JinjaException.evaluation("numerical result out of range");
    }
    return result;
  }

  static Value negate(Value value) {
    return switch (value) {
      case Int i -> new Int(i.value().negate());
      case Bool b -> Value.integer(b.value() ? -1 : 0);
      case Real r -> new Real(-r.value());
      case Undefined u -> throw u.failure();
      default ->
          throw Operators.typeError(
              "bad operand type for unary -: '" + Operators.typeName(value) + "'");
    };
  }

  static Value plus(Value value) {
    return switch (value) {
      case Int i -> i;
      case Bool b -> Value.integer(b.value() ? 1 : 0);
      case Real r -> r;
      case Undefined u -> throw u.failure();
      default ->
          throw Operators.typeError(
              "bad operand type for unary +: '" + Operators.typeName(value) + "'");
    };
  }

  static BigInteger toBigInteger(Value number) {
    return switch (number) {
      case Int i -> i.value();
      case Bool b -> b.value() ? BigInteger.ONE : BigInteger.ZERO;
      default ->
          throw Operators.typeError(
              "'" + Operators.typeName(number) + "' object cannot be interpreted as an integer");
    };
  }

  static double toDouble(Value number) {
    if (number instanceof Real real) {
      return real.value();
    }
    double value = toBigInteger(number).doubleValue();
    if (Double.isInfinite(value)) {
      throw JinjaException.evaluation("int too large to convert to float");
    }
    return value;
  }

  /// An index, a count, a width: saturated to 32 bits, since nothing here is longer.
  static int toInt(Value number) {
    if (number instanceof Undefined u) {
      throw u.failure();
    }
    return Math.clamp(saturated(toBigInteger(number)), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private static long saturated(BigInteger value) {
    return value.bitLength() > 62 ? value.signum() * (1L << 62) : value.longValue();
  }
}
