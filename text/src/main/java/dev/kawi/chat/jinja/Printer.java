package dev.kawi.chat.jinja;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;

/// Python's `str` and `repr`.
final class Printer {
  private final Budget budget;

  Printer(Budget budget) {
    this.budget = budget;
  }

  /// Python's `str(value)`.
  Text string(Value value) {
    return switch (value) {
      case Text t -> t.asPlain();
      case Undefined u -> Text.EMPTY;
      default -> repr(value);
    };
  }

  /// Python's `repr(value)`.
  Text repr(Value value) {
    TextBuilder out = new TextBuilder(budget);
    write(value, out);
    return out.build();
  }

  private void write(Value value, TextBuilder out) {
    budget.step();
    budget.enter();
    switch (value) {
      case Text t -> writeText(t, out);
      case Value.None n -> out.append("None");
      case Value.Bool b -> out.append(b.value() ? "True" : "False");
      case Value.Int i -> out.append(i.value().toString());
      case Value.Real r -> out.append(real(r.value()));
      case Value.ListValue list -> writeItems("[", list.items(), "]", out);
      case Value.Tuple tuple -> writeItems("(", tuple.items(), tuple.size() == 1 ? ",)" : ")", out);
      case Value.Range range -> writeRange(range, out);
      case Dict dict -> writeDict(dict, out);
      case DictView view -> writeItems(view.typeName() + "([", view.elements(), "])", out);
      case Namespace namespace -> {
        out.append("<Namespace ");
        writeDict(namespace.asDict(), out);
        out.append(">");
      }
      case Value.Stream s -> out.append("<" + s.typeName + " object>");
      case Undefined u -> out.append("Undefined");
      case Obj object -> out.append(object.repr());
    }
    budget.leave();
  }

  private void writeItems(String open, List<Value> items, String close, TextBuilder out) {
    out.append(open);
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      write(items.get(i), out);
    }
    out.append(close);
  }

  private void writeDict(Dict dict, TextBuilder out) {
    out.append("{");
    Iterator<Dict.Entry> entries = dict.entries().iterator();
    while (entries.hasNext()) {
      Dict.Entry entry = entries.next();
      write(entry.key(), out);
      out.append(": ");
      write(entry.value(), out);
      out.append(entries.hasNext() ? ", " : "");
    }
    out.append("}");
  }

  private static void writeRange(Value.Range range, TextBuilder out) {
    String step = range.step() == 1 ? "" : ", " + range.step();
    out.append("range(" + range.start() + ", " + range.stop() + step + ")");
  }

  private static void writeText(Text text, TextBuilder out) {
    String chars = text.chars();
    char quote = chars.indexOf('\'') >= 0 && chars.indexOf('"') < 0 ? '"' : '\'';
    out.append(text.isMarkup() ? "Markup(" : "").append(quote);
    for (int at = 0; at < chars.length(); ) {
      int c = chars.codePointAt(at);
      int end = at + Character.charCount(c);
      if (c == quote || c == '\\') {
        out.append("\\" + (char) c, text.isContent(at));
      } else if (isPrintable(c)) {
        out.append(text, at, end);
      } else {
        out.append(escape(c), text.isContent(at));
      }
      at = end;
    }
    out.append(quote).append(text.isMarkup() ? ")" : "");
  }

  private static String escape(int c) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> c < 0x100 ? hex("\\x", c, 2) : c < 0x10000 ? hex("\\u", c, 4) : hex("\\U", c, 8);
    };
  }

  static String hex(String prefix, int value, int digits) {
    String hex = Integer.toHexString(value);
    return prefix + "0".repeat(digits - hex.length()) + hex;
  }

  /// Python's `str.isprintable` of one character.
  static boolean isPrintable(int c) {
    if (c == ' ') {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /// Python's `repr` of a float: the shortest digits that read back as the same number, with an
  /// exponent below 1e-4 and from 1e16.
  static String real(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = decimal.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    return scientific(decimal, exponent);
  }

  private static String scientific(BigDecimal decimal, int exponent) {
    String digits = decimal.unscaledValue().abs().toString();
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    String size =
        Math.abs(exponent) < 10 ? "0" + Math.abs(exponent) : String.valueOf(Math.abs(exponent));
    return (decimal.signum() < 0 ? "-" : "") + mantissa + "e" + (exponent < 0 ? "-" : "+") + size;
  }
}
