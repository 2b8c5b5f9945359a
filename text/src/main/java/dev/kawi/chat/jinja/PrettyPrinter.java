package dev.kawi.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The filter `pprint`: Python's `pprint.pformat`, lines of 80 characters, keys of dicts in order.
/// Source: `pprint.PrettyPrinter` of Python 3.
final class PrettyPrinter {
  private static final int WIDTH = 80;
  private static final Pattern WORDS = Pattern.compile("\\S*\\s*", Pattern.UNICODE_CHARACTER_CLASS);

  private final Rendering rendering;
  private final TextBuilder out;

  private PrettyPrinter(Rendering rendering) {
    this.rendering = rendering;
    out = rendering.builder();
  }

  static Value filter(Rendering rendering, Value value, Args args) {
    args.bind("pprint", "");
    PrettyPrinter printer = new PrettyPrinter(rendering);
    printer.write(printer.sorted(value), 0, 0, 0);
    return printer.out.build();
  }

  /// The value with the entries of its dicts in the order of their keys.
  private Value sorted(Value value) {
    rendering.budget.step();
    rendering.budget.enter();
    Value result =
        switch (value) {
          case Value.ListValue list ->
              new Value.ListValue(list.items().stream().map(this::sorted).toList());
          case Value.Tuple tuple ->
              new Value.Tuple(tuple.items().stream().map(this::sorted).toList());
          case Dict dict -> sortedDict(dict);
          default -> value;
        };
    rendering.budget.leave();
    return result;
  }

  private Dict sortedDict(Dict dict) {
    List<Dict.Entry> entries = new ArrayList<>(dict.entries());
    entries.sort((a, b) -> {
      String left = Operators.typeName(a.key());
      String right = Operators.typeName(b.key());
      return left.equals(right)
          ? rendering.operators.compare(a.key(), b.key(), "<")
          : left.compareTo(right);
    });
    Dict sorted = new Dict();
    entries.forEach(entry -> sorted.put(entry.key(), sorted(entry.value())));
    return sorted;
  }

  /// Writes a value after `indent` characters of its line; `allowance` more come after it.
  private void write(Value value, int indent, int allowance, int level) {
    rendering.budget.enter();
    Text repr = rendering.printer.repr(value);
    if (repr.length() <= WIDTH - indent - allowance) {
      out.append(repr);
    } else {
      switch (value) {
        case Dict dict -> dict(dict, indent, allowance, level + 1);
        case Value.ListValue list -> items("[", list.items(), "]", indent, allowance, level + 1);
        case Value.Tuple tuple ->
            items("(", tuple.items(), tuple.size() == 1 ? ",)" : ")", indent, allowance, level + 1);
        case Text text -> text(text, indent, allowance, level + 1);
        default -> out.append(repr);
      }
    }
    rendering.budget.leave();
  }

  private void newLine(int indent) {
    out.append("\n").repeat(' ', indent);
  }

  private void dict(Dict dict, int indent, int allowance, int level) {
    out.append("{");
    List<Dict.Entry> entries = List.copyOf(dict.entries());
    for (int i = 0; i < entries.size(); i++) {
      boolean last = i == entries.size() - 1;
      Text key = rendering.printer.repr(entries.get(i).key());
      out.append(key).append(": ");
      int at = indent + 1 + key.length() + 2;
      write(entries.get(i).value(), at, last ? allowance + 1 : 1, level);
      if (!last) {
        out.append(",");
        newLine(indent + 1);
      }
    }
    out.append("}");
  }

  private void items(
      String open, List<Value> items, String close, int indent, int allowance, int level) {
    out.append(open);
    for (int i = 0; i < items.size(); i++) {
      boolean last = i == items.size() - 1;
      write(items.get(i), indent + 1, last ? allowance + close.length() : 1, level);
      if (!last) {
        out.append(",");
        newLine(indent + 1);
      }
    }
    out.append(close);
  }

  /// A string that is too long, as several that Python puts together again.
  private void text(Text text, int outerIndent, int outerAllowance, int level) {
    int indent = level == 1 ? outerIndent + 1 : outerIndent;
    int allowance = level == 1 ? outerAllowance + 1 : outerAllowance;
    List<Text> pieces = new ArrayList<>();
    List<Text> lines = StringMethods.linesWithEnds(rendering, text);
    for (int i = 0; i < lines.size(); i++) {
      int after = i == lines.size() - 1 ? allowance : 0;
      Text repr = rendering.printer.repr(lines.get(i));
      if (repr.length() <= WIDTH - indent - after) {
        pieces.add(repr);
      } else {
        words(lines.get(i), WIDTH - indent, after, pieces);
      }
    }
    boolean several = pieces.size() > 1;
    out.append(several && level == 1 ? "(" : "");
    for (int i = 0; i < pieces.size(); i++) {
      if (i > 0) {
        newLine(indent);
      }
      out.append(pieces.get(i));
    }
    out.append(several && level == 1 ? ")" : "");
  }

  private void words(Text line, int width, int after, List<Text> pieces) {
    Matcher words = WORDS.matcher(line.chars());
    int from = 0;
    int to = 0;
    while (to < line.units() && words.find(to)) {
      int end = words.end();
      boolean fits =
          reprLength(line.sub(from, end)) <= (end == line.units() ? width - after : width);
      if (!fits) {
        if (to > from) {
          pieces.add(rendering.printer.repr(line.sub(from, to)));
        }
        from = to;
      }
      to = end;
    }
    if (to > from) {
      pieces.add(rendering.printer.repr(line.sub(from, to)));
    }
  }

  private int reprLength(Text text) {
    return rendering.printer.repr(text).length();
  }
}
