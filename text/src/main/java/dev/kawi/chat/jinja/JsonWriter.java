package dev.kawi.chat.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The `tojson` filter as Hugging Face redefines it: Python's `json.dumps` with `ensure_ascii` off
/// and no HTML escapes.
final class JsonWriter {
  private final Rendering rendering;
  private final TextBuilder out;
  private final boolean ascii;
  private final @Nullable Text indent;
  private final Text itemSeparator;
  private final Text keySeparator;
  private final boolean sortKeys;

  private JsonWriter(Rendering rendering, @Nullable Value[] options) {
    this.rendering = rendering;
    this.out = rendering.builder();
    this.ascii = Operators.truth(Value.orNone(options[0]));
    this.indent = indent(rendering, Value.orNone(options[1]));
    List<Value> separators = separators(rendering, Value.orNone(options[2]));
    this.itemSeparator = rendering.string(separators.get(0));
    this.keySeparator = rendering.string(separators.get(1));
    this.sortKeys = Operators.truth(Value.orNone(options[3]));
  }

  static Text write(Rendering rendering, Value value, Args args) {
    JsonWriter writer =
        new JsonWriter(
            rendering, args.bind("tojson", "ensure_ascii? indent? separators? sort_keys?"));
    writer.write(value, 0);
    return writer.out.build();
  }

  private static @Nullable Text indent(Rendering rendering, Value indent) {
    return switch (indent) {
      case Value.None n -> null;
      case Text t -> t;
      default -> rendering.builder().repeat(' ', Arithmetic.toInt(indent)).build();
    };
  }

  private List<Value> separators(Rendering rendering, Value given) {
    if (given instanceof Value.None) {
      return List.of(Text.trusted(indent == null ? ", " : ","), Text.trusted(": "));
    }
    List<Value> separators = rendering.operators.collect(given);
    if (separators.size() != 2) {
      throw JinjaException.evaluation("tojson: separators are (item_separator, key_separator)");
    }
    return separators;
  }

  private void write(Value value, int depth) {
    rendering.budget.step();
    rendering.budget.enter();
    switch (value) {
      case Text t -> string(t);
      case Value.None n -> out.append("null");
      case Value.Bool b -> out.append(b.value() ? "true" : "false");
      case Value.Int i -> out.append(i.value().toString());
      case Value.Real r -> out.append(number(r.value()));
      case Value.ListValue list -> array(list.items(), depth);
      case Value.Tuple tuple -> array(tuple.items(), depth);
      case Dict dict -> object(dict, depth);
      default ->
          throw Operators.typeError(
              "Object of type " + Operators.typeName(value) + " is not JSON serializable");
    }
    rendering.budget.leave();
  }

  private static String number(double value) {
    return Double.isNaN(value)
        ? "NaN"
        : Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Printer.real(value);
  }

  private void newLine(int depth) {
    if (indent != null) {
      out.append("\n").repeat(indent, depth);
    }
  }

  private void array(List<Value> items, int depth) {
    out.append("[");
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        out.append(itemSeparator);
      }
      newLine(depth + 1);
      write(items.get(i), depth + 1);
    }
    if (!items.isEmpty()) {
      newLine(depth);
    }
    out.append("]");
  }

  private void object(Dict dict, int depth) {
    out.append("{");
    Iterator<Dict.Entry> entries = ordered(dict).iterator();
    while (entries.hasNext()) {
      Dict.Entry entry = entries.next();
      newLine(depth + 1);
      key(entry.key());
      out.append(keySeparator);
      write(entry.value(), depth + 1);
      if (entries.hasNext()) {
        out.append(itemSeparator);
      }
    }
    if (dict.size() > 0) {
      newLine(depth);
    }
    out.append("}");
  }

  private List<Dict.Entry> ordered(Dict dict) {
    List<Dict.Entry> entries = new ArrayList<>(dict.entries());
    if (sortKeys) {
      Comparator<Dict.Entry> byKey = (a, b) -> rendering.operators.compare(a.key(), b.key(), "<");
      entries.sort(byKey);
    }
    return entries;
  }

  private void key(Value key) {
    switch (key) {
      case Text t -> string(t);
      case Value.None n -> out.append("\"null\"");
      case Value.Bool b -> out.append(b.value() ? "\"true\"" : "\"false\"");
      case Value.Int i -> out.append("\"" + i.value() + "\"");
      case Value.Real r -> out.append("\"" + number(r.value()) + "\"");
      default ->
          throw Operators.typeError(
              "keys must be str, int, float, bool or None, not " + Operators.typeName(key));
    }
  }

  private void string(Text text) {
    out.append('"');
    String chars = text.chars();
    int plain = 0;
    for (int i = 0; i < chars.length(); i++) {
      String escape = escape(chars.charAt(i));
      if (!escape.isEmpty()) {
        out.append(text, plain, i).append(escape, text.isContent(i));
        plain = i + 1;
      }
    }
    out.append(text, plain, chars.length()).append('"');
  }

  private String escape(char c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\f' -> "\\f";
      case '\b' -> "\\b";
      default -> c < ' ' || (ascii && c > '~') ? Printer.hex("\\u", c, 4) : "";
    };
  }
}
