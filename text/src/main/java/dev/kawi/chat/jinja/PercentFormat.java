package dev.kawi.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Python's `'...' % values`.
final class PercentFormat {
  private final Rendering rendering;
  private final Text format;
  private final Value given;
  private final @Nullable List<Value> values;
  private final TextBuilder out;
  private int used;
  private int at;

  private boolean left;
  private boolean zero;
  private boolean alternate;
  private String plus = "";
  private int width;
  private int precision;

  private PercentFormat(Rendering rendering, Text format, Value given) {
    this.rendering = rendering;
    this.format = format;
    this.given = given;
    this.values = given instanceof Value.Tuple tuple ? tuple.items() : null;
    this.out = rendering.builder();
  }

  static Text format(Rendering rendering, Text format, Value values) {
    return new PercentFormat(rendering, format, values).run();
  }

  private Text run() {
    String chars = format.chars();
    for (int percent = chars.indexOf('%'); percent >= 0; percent = chars.indexOf('%', at)) {
      out.append(format, at, percent);
      at = percent + 1;
      field();
    }
    out.append(format, at, chars.length());
    boolean isContainer =
        given instanceof Dict || given instanceof Value.ListValue || given instanceof Undefined;
    if (values != null ? used < values.size() : used == 0 && !isContainer) {
      throw Operators.typeError("not all arguments converted during string formatting");
    }
    return out.build();
  }

  private char peek() {
    if (at >= format.units()) {
      throw JinjaException.evaluation("incomplete format");
    }
    return format.chars().charAt(at);
  }

  private void field() {
    Value keyed = peek() == '(' ? byKey() : null;
    flags();
    width = peek() == '*' ? star() : number();
    if (width < 0) {
      left = true;
      width = -width;
    }
    precision = -1;
    if (peek() == '.') {
      at++;
      precision = peek() == '*' ? Math.max(0, star()) : number();
    }
    while ("hlL".indexOf(peek()) >= 0) {
      at++;
    }
    char type = peek();
    at++;
    if (type == '%') {
      out.append(format, at - 1, at);
    } else {
      convert(type, keyed == null ? nextValue() : keyed);
    }
  }

  private Value byKey() {
    int depth = 0;
    int start = at + 1;
    do {
      depth += peek() == '(' ? 1 : peek() == ')' ? -1 : 0;
      at++;
    } while (depth > 0);
    if (!(given instanceof Dict dict)) {
      throw Operators.typeError("format requires a mapping");
    }
    Value value = dict.get(format.chars().substring(start, at - 1));
    if (value == null) {
      throw JinjaException.evaluation(
          "KeyError: '" + format.chars().substring(start, at - 1) + "'");
    }
    return value;
  }

  private void flags() {
    left = false;
    zero = false;
    alternate = false;
    plus = "";
    for (char c = peek(); "-0#+ ".indexOf(c) >= 0; c = peek()) {
      left |= c == '-';
      zero |= c == '0';
      alternate |= c == '#';
      plus = c == '+' ? "+" : c == ' ' && plus.isEmpty() ? " " : plus;
      at++;
    }
  }

  private int star() {
    at++;
    return Arithmetic.toInt(nextValue());
  }

  private int number() {
    int value = 0;
    for (char c = peek(); c >= '0' && c <= '9'; c = peek()) {
      value = Math.min(value * 10 + (c - '0'), Budget.MAX_CHARS + 1);
      at++;
    }
    return value;
  }

  private Value nextValue() {
    int index = used++;
    if (values == null) {
      if (index > 0) {
        throw Operators.typeError("not enough arguments for format string");
      }
      return given;
    }
    if (index >= values.size()) {
      throw Operators.typeError("not enough arguments for format string");
    }
    return values.get(index);
  }

  private void convert(char type, Value value) {
    switch (type) {
      case 's' -> text(rendering.string(value));
      case 'r' -> text(rendering.printer.repr(value));
      case 'a' -> text(BraceFormat.ascii(rendering, value));
      case 'c' -> text(character(value));
      case 'd', 'i', 'u' -> numeric(integer(value, type, true).toString(), "");
      case 'x' -> numeric(integer(value, type, false).toString(16), alternate ? "0x" : "");
      case 'X' ->
          numeric(
              integer(value, type, false).toString(16).toUpperCase(Locale.ROOT),
              alternate ? "0X" : "");
      case 'o' -> numeric(integer(value, type, false).toString(8), alternate ? "0o" : "");
      case 'e', 'E', 'f', 'F', 'g', 'G' -> real(value, type);
      default -> throw JinjaException.evaluation("unsupported format character '" + type + "'");
    }
  }

  private void text(Text text) {
    Text shown =
        precision >= 0 && precision < text.length() ? text.sub(0, text.offset(precision)) : text;
    int pad = width - shown.length();
    out.repeat(' ', left ? 0 : pad).append(shown).repeat(' ', left ? pad : 0);
  }

  private Text character(Value value) {
    if (value instanceof Text t && t.length() == 1) {
      return t;
    }
    int code = value instanceof Text ? -1 : Arithmetic.toInt(value);
    if (!Character.isValidCodePoint(code)) {
      throw Operators.typeError("%c requires int or char");
    }
    return Text.trusted(Character.toString(code));
  }

  private static BigInteger integer(Value value, char type, boolean fromReal) {
    if (value instanceof Value.Real real && fromReal) {
      if (Double.isNaN(real.value()) || Double.isInfinite(real.value())) {
        throw JinjaException.evaluation(
            "cannot convert float " + Printer.real(real.value()) + " to integer");
      }
      return new BigDecimal(real.value()).toBigInteger();
    }
    if (value instanceof Value.Int || value instanceof Value.Bool) {
      return Arithmetic.toBigInteger(value);
    }
    throw Operators.typeError(
        "%" + type + " format: a number is required, not " + Operators.typeName(value));
  }

  private void real(Value value, char type) {
    if (!Operators.isNumber(value)) {
      throw Operators.typeError("must be real number, not " + Operators.typeName(value));
    }
    double number = Arithmetic.toDouble(value);
    String digits = NumberFormat.format(number, type, precision < 0 ? 6 : precision, alternate);
    boolean negative = number < 0 || 1 / number < 0;
    precision = -1;
    numeric(negative ? "-" + digits : digits, "");
  }

  private void numeric(String signedDigits, String prefix) {
    boolean negative = signedDigits.startsWith("-");
    String digits = negative ? signedDigits.substring(1) : signedDigits;
    String sign = (negative ? "-" : plus) + prefix;
    int zeros = Math.max(0, precision - digits.length());
    int pad = width - sign.length() - digits.length() - zeros;
    if (zero && !left) {
      zeros += Math.max(0, pad);
      pad = 0;
    }
    out.repeat(' ', left ? 0 : pad)
        .append(sign)
        .repeat('0', zeros)
        .append(digits)
        .repeat(' ', left ? pad : 0);
  }
}
