package dev.kawi.chat.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/// The digits of numbers in C's `%f`, `%e` and `%g`, without sign: what both of Python's formatting
/// languages build on.
final class NumberFormat {
  static final int MAX_PRECISION = 4000;

  private NumberFormat() {}

  /// Formats `|value|` as type `e`, `f`, `g` or their capitals.
  static String format(double value, char type, int precision, boolean alternate) {
    if (precision > MAX_PRECISION) {
      throw JinjaException.limit("a number would be printed with " + precision + " digits");
    }
    boolean upper = Character.isUpperCase(type);
    String digits =
        Double.isNaN(value)
            ? "nan"
            : Double.isInfinite(value)
                ? "inf"
                : finite(Math.abs(value), Character.toLowerCase(type), precision, alternate);
    return upper ? digits.toUpperCase(Locale.ROOT) : digits;
  }

  private static String finite(double value, char type, int precision, boolean alternate) {
    BigDecimal exact = new BigDecimal(value);
    return switch (type) {
      case 'f' -> fixed(exact, precision) + (alternate && precision == 0 ? "." : "");
      case 'e' -> scientific(exact, precision, alternate);
      default -> general(exact, Math.max(1, precision), alternate);
    };
  }

  private static String fixed(BigDecimal value, int precision) {
    return value.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static BigDecimal rounded(BigDecimal value, int digits) {
    return value.round(new MathContext(digits, RoundingMode.HALF_EVEN));
  }

  private static int exponent(BigDecimal value) {
    return value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
  }

  private static String scientific(BigDecimal value, int precision, boolean alternate) {
    BigDecimal rounded = rounded(value, precision + 1);
    int exponent = exponent(rounded);
    String mantissa = fixed(rounded.scaleByPowerOfTen(-exponent), precision);
    int size = Math.abs(exponent);
    return mantissa
        + (alternate && precision == 0 ? "." : "")
        + (exponent < 0 ? "e-" : "e+")
        + (size < 10 ? "0" : "")
        + size;
  }

  private static String general(BigDecimal value, int precision, boolean alternate) {
    int exponent = exponent(rounded(value, precision));
    if (exponent >= -4 && exponent < precision) {
      String digits = fixed(rounded(value, precision), precision - 1 - exponent);
      return alternate ? digits : stripZeros(digits);
    }
    String digits = scientific(value, precision - 1, alternate);
    int e = digits.indexOf('e');
    return alternate ? digits : stripZeros(digits.substring(0, e)) + digits.substring(e);
  }

  private static String stripZeros(String digits) {
    if (digits.indexOf('.') < 0) {
      return digits;
    }
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
  }

  /// Groups the digits before the point by threes (or fours), from the right.
  static String group(String digits, char separator, int size) {
    int end = 0;
    while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0) {
      end++;
    }
    StringBuilder out = new StringBuilder(digits);
    for (int at = end - size; at > 0; at -= size) {
      out.insert(at, separator);
    }
    return out.toString();
  }
}
