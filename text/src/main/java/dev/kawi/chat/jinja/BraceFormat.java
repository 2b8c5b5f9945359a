package dev.kawi.chat.jinja;

import java.util.List;
import java.util.Locale;

/// Python's `'...'.format(...)`, with attribute access going through the sandbox.
final class BraceFormat {
  private final Rendering rendering;
  private final Args args;
  private int automatic;
  private boolean numbered;

  private BraceFormat(Rendering rendering, Args args) {
    this.rendering = rendering;
    this.args = args;
  }

  static Text format(Rendering rendering, Text format, Args args) {
    return new BraceFormat(rendering, args).expand(format, 2);
  }

  /// Python's `ascii(value)`.
  static Text ascii(Rendering rendering, Value value) {
    Text repr = rendering.printer.repr(value);
    TextBuilder out = rendering.builder();
    for (int at = 0; at < repr.units(); ) {
      int c = repr.chars().codePointAt(at);
      String shown =
          c < 128
              ? Character.toString(c)
              : c < 256
                  ? Printer.hex("\\x", c, 2)
                  : c < 0x10000 ? Printer.hex("\\u", c, 4) : Printer.hex("\\U", c, 8);
      out.append(shown, repr.isContent(at));
      at += Character.charCount(c);
    }
    return out.build();
  }

  private Text expand(Text format, int depth) {
    if (depth < 0) {
      throw JinjaException.evaluation("Max string recursion exceeded");
    }
    TextBuilder out = rendering.builder();
    String chars = format.chars();
    int at = 0;
    while (at < chars.length()) {
      char c = chars.charAt(at);
      boolean doubled = at + 1 < chars.length() && chars.charAt(at + 1) == c;
      if (c != '{' && c != '}') {
        out.append(format, at, at + 1);
        at++;
      } else if (doubled) {
        out.append(format, at, at + 1);
        at += 2;
      } else if (c == '}') {
        throw JinjaException.evaluation("Single '}' encountered in format string");
      } else {
        int end = fieldEnd(chars, at);
        out.append(field(format.sub(at + 1, end), depth));
        at = end + 1;
      }
    }
    return out.build();
  }

  private static int fieldEnd(String chars, int open) {
    int depth = 1;
    for (int i = open + 1; i < chars.length(); i++) {
      char c = chars.charAt(i);
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    throw JinjaException.evaluation("expected '}' before end of string");
  }

  private Text field(Text field, int depth) {
    String chars = field.chars();
    int end = nameEnd(chars);
    Value value = resolve(chars.substring(0, end));
    int at = end;
    if (at < chars.length() && chars.charAt(at) == '!') {
      value = converted(value, chars, at + 1);
      at += 2;
    }
    Text spec = Text.EMPTY;
    if (at < chars.length()) {
      if (chars.charAt(at) != ':') {
        throw JinjaException.evaluation("expected ':' after conversion specifier");
      }
      spec = expand(field.sub(at + 1, chars.length()), depth - 1);
    }
    return formatted(value, spec);
  }

  private static int nameEnd(String chars) {
    boolean inBracket = false;
    for (int i = 0; i < chars.length(); i++) {
      char c = chars.charAt(i);
      inBracket = c == '[' || (inBracket && c != ']');
      if (!inBracket && (c == '!' || c == ':')) {
        return i;
      }
    }
    return chars.length();
  }

  private Value converted(Value value, String chars, int at) {
    char conversion = at < chars.length() ? chars.charAt(at) : ' ';
    return switch (conversion) {
      case 's' -> rendering.string(value);
      case 'r' -> rendering.printer.repr(value);
      case 'a' -> ascii(rendering, value);
      default ->
          throw JinjaException.evaluation("Unknown conversion specifier '" + conversion + "'");
    };
  }

  private Value resolve(String path) {
    int end = 0;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
      end++;
    }
    Value value = first(path.substring(0, end));
    while (end < path.length()) {
      boolean bracket = path.charAt(end) == '[';
      int stop = end + 1;
      while (stop < path.length()
          && (bracket
              ? path.charAt(stop) != ']'
              : path.charAt(stop) != '.' && path.charAt(stop) != '[')) {
        stop++;
      }
      String name = path.substring(end + 1, stop);
      if (name.isEmpty() || (bracket && stop >= path.length())) {
        throw JinjaException.evaluation("Empty attribute in format string");
      }
      value =
          bracket
              ? Lookup.item(
                  rendering,
                  value,
                  isNumber(name) ? Value.integer(Long.parseLong(name)) : Text.trusted(name))
              : Lookup.attribute(value, name);
      end = bracket ? stop + 1 : stop;
    }
    return value;
  }

  private static boolean isNumber(String name) {
    return !name.isEmpty()
        && name.length() < 10
        && name.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private Value first(String name) {
    if (!name.isEmpty() && !isNumber(name)) {
      Value value = args.named().get(name);
      if (value == null) {
        throw JinjaException.evaluation("KeyError: '" + name + "'");
      }
      return value;
    }
    if (name.isEmpty() ? numbered : automatic > 0) {
      throw JinjaException.evaluation(
          "cannot switch between manual field specification and automatic field numbering");
    }
    numbered |= !name.isEmpty();
    int index = name.isEmpty() ? automatic++ : Integer.parseInt(name);
    List<Value> values = args.positional();
    if (index >= values.size()) {
      throw JinjaException.evaluation(
          "Replacement index " + index + " out of range for positional args tuple");
    }
    return values.get(index);
  }

  private Text formatted(Value value, Text spec) {
    if (spec.isEmpty()) {
      return rendering.string(value);
    }
    Spec parsed = Spec.parse(spec.chars());
    return switch (value) {
      case Text t -> text(t, parsed);
      case Value.Int i -> number(i, parsed);
      case Value.Bool b -> number(Value.integer(b.value() ? 1 : 0), parsed);
      case Value.Real r -> number(r, parsed);
      default ->
          throw Operators.typeError(
              "unsupported format string passed to " + Operators.typeName(value) + ".__format__");
    };
  }

  private Text text(Text text, Spec spec) {
    if ((spec.type != 0 && spec.type != 's')
        || spec.align == '='
        || spec.sign != 0
        || spec.alternate
        || spec.grouping != 0) {
      throw JinjaException.evaluation("invalid format specifier for str");
    }
    Text shown =
        spec.precision >= 0 && spec.precision < text.length()
            ? text.sub(0, text.offset(spec.precision))
            : text;
    return padded(shown, spec, spec.align == 0 ? '<' : spec.align);
  }

  private Text number(Value number, Spec spec) {
    boolean real =
        number instanceof Value.Real || (spec.type != 0 && "eEfFgG%".indexOf(spec.type) >= 0);
    String signed = real ? real(Arithmetic.toDouble(number), spec) : integer(number, spec);
    boolean negative = signed.startsWith("-");
    String digits = negative ? signed.substring(1) : signed;
    String sign =
        negative ? "-" : spec.sign == '+' || spec.sign == ' ' ? String.valueOf(spec.sign) : "";
    String prefix =
        real || !spec.alternate
            ? ""
            : switch (spec.type) {
              case 'x' -> "0x";
              case 'X' -> "0X";
              case 'o' -> "0o";
              case 'b' -> "0b";
              default -> "";
            };
    if (spec.grouping != 0) {
      digits =
          NumberFormat.group(
              digits, spec.grouping, spec.type != 0 && "xXob".indexOf(spec.type) >= 0 ? 4 : 3);
    }
    char align = spec.align != 0 ? spec.align : spec.zeroPadded ? '=' : '>';
    if (align != '=') {
      return padded(Text.trusted(sign + prefix + digits), spec, align);
    }
    TextBuilder out = rendering.builder().append(sign + prefix);
    long pad = (long) spec.width - sign.length() - prefix.length() - digits.length();
    return out.repeat(Text.trusted(spec.fill), pad).append(digits).build();
  }

  private static String integer(Value number, Spec spec) {
    if (spec.precision >= 0) {
      throw JinjaException.evaluation("Precision not allowed in integer format specifier");
    }
    var value = Arithmetic.toBigInteger(number);
    return switch (spec.type) {
      case 0, 'd', 'n' -> value.toString();
      case 'x' -> value.toString(16);
      case 'X' -> value.toString(16).toUpperCase(Locale.ROOT);
      case 'o' -> value.toString(8);
      case 'b' -> value.toString(2);
      case 'c' ->
          Character.isValidCodePoint(Arithmetic.toInt(number))
              ? Character.toString(Arithmetic.toInt(number))
              : "";
      default ->
          throw JinjaException.evaluation(
              "Unknown format code '" + spec.type + "' for object of type 'int'");
    };
  }

  private static String real(double value, Spec spec) {
    String sign = value < 0 || 1 / value < 0 ? "-" : "";
    if (spec.type == '%') {
      return sign
          + NumberFormat.format(
              value * 100, 'f', spec.precision < 0 ? 6 : spec.precision, spec.alternate)
          + "%";
    }
    if (spec.type == 0 && spec.precision < 0) {
      return sign + Printer.real(Math.abs(value));
    }
    if (spec.type == 0) {
      String digits = NumberFormat.format(value, 'g', spec.precision, spec.alternate);
      return sign + (digits.chars().allMatch(Character::isDigit) ? digits + ".0" : digits);
    }
    if ("eEfFgGn".indexOf(spec.type) < 0) {
      throw JinjaException.evaluation(
          "Unknown format code '" + spec.type + "' for object of type 'float'");
    }
    char type = spec.type == 'n' ? 'g' : spec.type;
    return sign
        + NumberFormat.format(value, type, spec.precision < 0 ? 6 : spec.precision, spec.alternate);
  }

  private Text padded(Text text, Spec spec, char align) {
    long pad = Math.max(0, (long) spec.width - text.length());
    long before = align == '<' ? 0 : align == '^' ? pad / 2 : pad;
    Text fill = Text.trusted(spec.fill);
    return rendering.builder().repeat(fill, before).append(text).repeat(fill, pad - before).build();
  }

  /// A format specification: `[[fill]align][sign][#][0][width][grouping][.precision][type]`; 0 and
  /// -1 stand for parts that are absent.
  private static final class Spec {
    private final String chars;
    private int at;
    private String fill = " ";
    private boolean filled;
    private boolean zeroPadded;
    private char align;
    private char sign;
    private boolean alternate;
    private int width;
    private char grouping;
    private int precision = -1;
    private char type;

    private Spec(String chars) {
      this.chars = chars;
    }

    static Spec parse(String chars) {
      Spec spec = new Spec(chars);
      spec.alignment();
      spec.rest();
      return spec;
    }

    private char take(String any) {
      return at < chars.length() && any.indexOf(chars.charAt(at)) >= 0 ? chars.charAt(at++) : 0;
    }

    private void alignment() {
      int second = chars.offsetByCodePoints(0, 1);
      if (second < chars.length() && "<>=^".indexOf(chars.charAt(second)) >= 0) {
        fill = chars.substring(0, second);
        filled = true;
        align = chars.charAt(second);
        at = second + 1;
      } else {
        align = take("<>=^");
      }
    }

    private void rest() {
      sign = take("+- ");
      alternate = take("#") != 0;
      if (take("0") != 0 && !filled) {
        fill = "0";
        zeroPadded = true;
      }
      width = number();
      grouping = take(",_");
      if (take(".") != 0) {
        int start = at;
        precision = number();
        if (at == start) {
          throw JinjaException.evaluation("Format specifier missing precision");
        }
      }
      type = at < chars.length() ? chars.charAt(at++) : 0;
      if (at < chars.length()) {
        throw JinjaException.evaluation("Invalid format specifier '" + chars + "'");
      }
    }

    private int number() {
      int value = 0;
      while (at < chars.length() && chars.charAt(at) >= '0' && chars.charAt(at) <= '9') {
        value = Math.min(value * 10 + (chars.charAt(at++) - '0'), Budget.MAX_CHARS + 1);
      }
      return value;
    }
  }
}
