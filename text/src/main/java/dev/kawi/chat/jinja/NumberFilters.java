package dev.kawi.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Filters on numbers, and the conversions to them.
final class NumberFilters {
  private static final Pattern FLOAT =
      Pattern.compile(
          "[+-]?(\\d+(_\\d+)*\\.?(\\d+(_\\d+)*)?|\\.\\d+(_\\d+)*)([eE][+-]?\\d+(_\\d+)*)?");
  private static final Pattern SPECIAL =
      Pattern.compile("[+-]?(inf|infinity|nan)", Pattern.CASE_INSENSITIVE);
  private static final int MAX_DIGITS = 4300;

  private NumberFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("int", NumberFilters::toInt);
    filters.put("float", NumberFilters::toFloat);
    filters.put("abs", (r, v, args) -> absolute(v));
    filters.put("round", NumberFilters::round);
    filters.put("filesizeformat", NumberFilters::fileSize);
  }

  private static Value toInt(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("int", "default? base?");
    Value otherwise = bound[0] == null ? Value.integer(0) : bound[0];
    int base = bound[1] == null ? 10 : Arithmetic.toInt(bound[1]);
    return switch (value) {
      case Text text ->
          integer(text.chars(), base)
              .or(() -> real(text.chars()).flatMap(NumberFilters::truncated))
              .orElse(otherwise);
      case Value.Real real -> {
        if (Double.isInfinite(real.value())) {
          throw JinjaException.evaluation("cannot convert float infinity to integer");
        }
        yield truncated(real.value()).orElse(otherwise);
      }
      case Value.Int i -> i;
      case Value.Bool b -> new Value.Int(Arithmetic.toBigInteger(b));
      case Undefined undefined -> throw undefined.failure();
      default -> otherwise;
    };
  }

  private static Optional<Value> truncated(double value) {
    return Double.isNaN(value) || Double.isInfinite(value)
        ? Optional.empty()
        : Optional.of(new Value.Int(new BigDecimal(value).toBigInteger()));
  }

  /// Python's `int(text, base)`, empty where it fails.
  private static Optional<Value> integer(String text, int base) {
    String digits =
        text.substring(
            PyChars.skipSpace(text, 0),
            Math.max(PyChars.skipSpace(text, 0), PyChars.trimEnd(text, 0, text.length())));
    boolean negative = digits.startsWith("-");
    digits = negative || digits.startsWith("+") ? digits.substring(1) : digits;
    int radix = base;
    if (digits.length() > 2 && digits.charAt(0) == '0') {
      int written = radix(digits.charAt(1));
      if (written > 0 && (base == 0 || base == written)) {
        radix = written;
        digits = digits.substring(digits.charAt(2) == '_' ? 3 : 2);
      }
    }
    radix = radix == 0 ? 10 : radix;
    boolean octal =
        base == 0
            && radix == 10
            && digits.length() > 1
            && digits.startsWith("0")
            && !digits.chars().allMatch(c -> c == '0' || c == '_');
    if (octal
        || radix < 2
        || radix > 36
        || digits.length() > MAX_DIGITS
        || !isNumber(digits, radix)) {
      return Optional.empty();
    }
    BigInteger value = new BigInteger(digits.replace("_", ""), radix);
    return Optional.of(new Value.Int(negative ? value.negate() : value));
  }

  private static int radix(char letter) {
    return switch (letter) {
      case 'b', 'B' -> 2;
      case 'o', 'O' -> 8;
      case 'x', 'X' -> 16;
      default -> 0;
    };
  }

  private static boolean isNumber(String digits, int radix) {
    boolean wasDigit = false;
    for (int i = 0; i < digits.length(); i++) {
      boolean digit = Character.digit(digits.charAt(i), radix) >= 0;
      if (!digit && !(digits.charAt(i) == '_' && wasDigit)) {
        return false;
      }
      wasDigit = digit;
    }
    return wasDigit;
  }

  private static Value toFloat(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("float", "default?");
    Value otherwise = bound[0] == null ? new Value.Real(0) : bound[0];
    return switch (value) {
      case Text text -> real(text.chars()).<Value>map(Value.Real::new).orElse(otherwise);
      case Undefined undefined -> throw undefined.failure();
      default -> Operators.isNumber(value) ? new Value.Real(Arithmetic.toDouble(value)) : otherwise;
    };
  }

  /// Python's `float(text)`, empty where it fails.
  private static Optional<Double> real(String text) {
    int from = PyChars.skipSpace(text, 0);
    String digits = text.substring(from, Math.max(from, PyChars.trimEnd(text, 0, text.length())));
    if (SPECIAL.matcher(digits).matches()) {
      boolean negative = digits.startsWith("-");
      boolean infinite = digits.toLowerCase(Locale.ROOT).contains("inf");
      return Optional.of(
          infinite ? (negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY) : Double.NaN);
    }
    boolean valid = digits.length() <= MAX_DIGITS && FLOAT.matcher(digits).matches();
    return valid ? Optional.of(Double.parseDouble(digits.replace("_", ""))) : Optional.empty();
  }

  private static Value absolute(Value value) {
    return switch (value) {
      case Value.Int i -> new Value.Int(i.value().abs());
      case Value.Bool b -> new Value.Int(Arithmetic.toBigInteger(b));
      case Value.Real r -> new Value.Real(Math.abs(r.value()));
      case Undefined undefined -> throw undefined.failure();
      default ->
          throw Operators.typeError(
              "bad operand type for abs(): '" + Operators.typeName(value) + "'");
    };
  }

  private static Value round(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("round", "precision? method?");
    int precision = bound[0] == null ? 0 : Math.clamp(Arithmetic.toInt(bound[0]), -400, 400);
    String method = bound[1] == null ? "common" : rendering.string(bound[1]).chars();
    return switch (method) {
      case "common" -> common(value, precision);
      case "ceil", "floor" -> {
        double scale = Math.pow(10, precision);
        double scaled = number(value) * scale;
        yield new Value.Real(
            (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale);
      }
      default -> throw JinjaException.evaluation("method must be common, ceil or floor");
    };
  }

  private static double number(Value value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!Operators.isNumber(value)) {
      throw Operators.typeError("type " + Operators.typeName(value) + " cannot be rounded");
    }
    return Arithmetic.toDouble(value);
  }

  private static Value common(Value value, int precision) {
    if (value instanceof Value.Int || value instanceof Value.Bool) {
      BigInteger integer = Arithmetic.toBigInteger(value);
      return new Value.Int(
          precision >= 0
              ? integer
              : new BigDecimal(integer).setScale(precision, RoundingMode.HALF_EVEN).toBigInteger());
    }
    double number = number(value);
    if (Double.isNaN(number) || Double.isInfinite(number) || precision > 330) {
      return new Value.Real(number);
    }
    double rounded =
        new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
    return new Value.Real(Math.copySign(rounded, number));
  }

  private static Value fileSize(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("filesizeformat", "binary?");
    boolean binary = Operators.truth(Value.orNone(bound[0]));
    double bytes = Arithmetic.toDouble(toFloat(rendering, value, Args.of(Value.NONE)));
    int base = binary ? 1024 : 1000;
    if (bytes == 1) {
      return Text.trusted("1 Byte");
    }
    if (bytes < base) {
      return Text.trusted((long) bytes + " Bytes");
    }
    String letters = binary ? "KMGTPEZY" : "kMGTPEZY";
    double unit = base;
    int i = 0;
    while (i < letters.length() - 1 && bytes >= unit * base) {
      unit *= base;
      i++;
    }
    return Text.trusted(
        NumberFormat.format(bytes / unit, 'f', 1, false)
            + " "
            + letters.charAt(i)
            + (binary ? "iB" : "B"));
  }
}
