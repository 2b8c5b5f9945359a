package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.StringMethods.Side;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Filters on text.
final class TextFilters {
  private static final Pattern BAD_ATTRIBUTE = Pattern.compile("[ \\t\\n\\r\\f\\x0b/>=]");

  private TextFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    map(filters, "upper", TextCase::upper);
    map(filters, "lower", TextCase::lower);
    map(filters, "capitalize", TextCase::capitalize);
    map(filters, "title", TextCase::titleWords);
    map(filters, "string", t -> t);
    filters.put("safe", (r, v, args) -> r.string(v).asMarkup());
    filters.put(
        "trim",
        (r, v, args) ->
            StringMethods.strip(
                soft(r, v), Value.orNone(args.bind("trim", "chars?")[0]), Side.BOTH));
    filters.put("replace", TextFilters::replace);
    filters.put("indent", TextFilters::indent);
    filters.put("center", TextFilters::center);
    filters.put("truncate", TextFilters::truncate);
    filters.put("wordcount", (r, v, args) -> wordCount(soft(r, v)));
    filters.put("format", TextFilters::format);
    filters.put("escape", (r, v, args) -> escape(r, v));
    filters.put("e", (r, v, args) -> escape(r, v));
    filters.put("forceescape", (r, v, args) -> Html.escape(r, r.string(v)));
    filters.put("striptags", (r, v, args) -> stripTags(r, r.string(v)));
    filters.put("xmlattr", TextFilters::xmlAttributes);
    filters.put("urlencode", (r, v, args) -> urlEncode(r, v));
    filters.put("tojson", JsonWriter::write);
    filters.put("wordwrap", WordWrap::filter);
    filters.put("pprint", PrettyPrinter::filter);
  }

  private static void map(
      Map<String, Filters.Filter> filters, String name, UnaryOperator<Text> change) {
    filters.put(
        name,
        (r, v, args) -> {
          args.bind(name, "");
          return change.apply(soft(r, v));
        });
  }

  /// A string as it is, marked safe or not; anything else as `str` gives it.
  static Text soft(Rendering rendering, Value value) {
    return value instanceof Text text ? text : rendering.string(value);
  }

  private static Value replace(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("replace", "old new count?");
    int count =
        Value.orNone(bound[2]) instanceof Value.None
            ? -1
            : Arithmetic.toInt(Value.orNone(bound[2]));
    Text old = rendering.string(Value.orNone(bound[0]));
    Text fresh = rendering.string(Value.orNone(bound[1]));
    return StringMethods.replace(rendering, rendering.string(value), old, fresh, count);
  }

  static Text strictText(Value value, String filter) {
    return switch (value) {
      case Text text -> text;
      case Undefined undefined -> throw undefined.failure();
      default ->
          throw Operators.typeError(filter + " needs a string, not " + Operators.typeName(value));
    };
  }

  private static Value indent(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("indent", "width? first? blank?");
    Text text = strictText(value, "indent");
    Text indention =
        bound[0] instanceof Text given
            ? given
            : rendering
                .builder()
                .repeat(' ', bound[0] == null ? 4 : Arithmetic.toInt(bound[0]))
                .build();
    boolean blank = Operators.truth(Value.orNone(bound[2]));
    TextBuilder out = rendering.builder();
    List<Text> lines =
        StringMethods.lines(rendering, rendering.builder().append(text).append("\n").build());
    for (int i = 0; i < lines.size(); i++) {
      boolean indented =
          i == 0 ? Operators.truth(Value.orNone(bound[1])) : blank || !lines.get(i).isEmpty();
      out.append(i > 0 ? "\n" : "").append(indented ? indention : Text.EMPTY).append(lines.get(i));
    }
    return text.isMarkup() ? out.build().asMarkup() : out.build();
  }

  private static Value center(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("center", "width?");
    int width = bound[0] == null ? 80 : Arithmetic.toInt(bound[0]);
    return StringMethods.pad(
        rendering, soft(rendering, value), width, Text.trusted(" "), Side.BOTH);
  }

  private static Value truncate(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("truncate", "length? killwords? end? leeway?");
    int length = bound[0] == null ? 255 : Arithmetic.toInt(bound[0]);
    Text end = bound[2] == null ? Text.trusted("...") : strictText(bound[2], "truncate");
    int leeway =
        Value.orNone(bound[3]) instanceof Value.None ? 5 : Arithmetic.toInt(Value.orNone(bound[3]));
    if (length < end.length() || leeway < 0) {
      throw JinjaException.evaluation(
          "truncate: expected length >= " + end.length() + " and leeway >= 0");
    }
    if (Operators.length(value) <= (long) length + leeway) {
      return value;
    }
    Text text = strictText(value, "truncate");
    Text cut = text.sub(0, text.offset(length - end.length()));
    int space = cut.chars().lastIndexOf(' ');
    boolean killWords = Operators.truth(Value.orNone(bound[1]));
    return rendering
        .builder()
        .append(killWords || space < 0 ? cut : cut.sub(0, space))
        .append(end)
        .build();
  }

  private static Value wordCount(Text text) {
    long words = 0;
    boolean inWord = false;
    for (int c : text.chars().codePoints().toArray()) {
      boolean word = PyChars.isWord(c);
      words += word && !inWord ? 1 : 0;
      inWord = word;
    }
    return Value.integer(words);
  }

  private static Value format(Rendering rendering, Value value, Args args) {
    if (!args.positional().isEmpty() && !args.named().isEmpty()) {
      throw JinjaException.evaluation(
          "can't handle positional and keyword arguments at the same time");
    }
    Value values =
        args.named().isEmpty() ? new Value.Tuple(args.positional()) : Dict.of(args.named());
    return PercentFormat.format(rendering, soft(rendering, value), values);
  }

  private static Text escape(Rendering rendering, Value value) {
    return value instanceof Text text && text.isMarkup()
        ? text
        : Html.escape(rendering, rendering.string(value));
  }

  private static Text stripTags(Rendering rendering, Text text) {
    String chars = text.chars();
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int open = chars.indexOf('<'); open >= 0; open = chars.indexOf('<', at)) {
      boolean comment = chars.startsWith("<!--", open);
      int close = chars.indexOf(comment ? "-->" : ">", open);
      if (close < 0) {
        break;
      }
      out.append(chars, at, open);
      at = close + (comment ? 3 : 1);
    }
    out.append(chars, at, chars.length());
    rendering.budget.chars(2L * chars.length());
    return Text.tainted(Entities.unescape(withSingleSpaces(out.toString())), text);
  }

  private static String withSingleSpaces(String text) {
    StringBuilder out = new StringBuilder();
    boolean space = false;
    for (int c : text.codePoints().toArray()) {
      if (PyChars.isSpace(c)) {
        space = true;
      } else {
        out.append(space && out.length() > 0 ? " " : "").appendCodePoint(c);
        space = false;
      }
    }
    return out.toString();
  }

  private static Value xmlAttributes(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("xmlattr", "autospace?");
    if (!(value instanceof Dict dict)) {
      throw Operators.typeError("xmlattr needs a mapping, not " + Operators.typeName(value));
    }
    TextBuilder out = rendering.builder();
    for (Dict.Entry entry : dict.entries()) {
      if (entry.value() instanceof Value.None || entry.value() instanceof Undefined) {
        continue;
      }
      Text key = strictText(entry.key(), "xmlattr");
      if (BAD_ATTRIBUTE.matcher(key.chars()).find()) {
        throw JinjaException.evaluation(
            "Invalid character in attribute name: " + rendering.printer.repr(key));
      }
      boolean first = out.length() == 0 && bound[0] != null && !Operators.truth(bound[0]);
      out.append(first ? "" : " ")
          .append(escape(rendering, key))
          .append("=\"")
          .append(escape(rendering, entry.value()))
          .append("\"");
    }
    return out.build();
  }

  private static Value urlEncode(Rendering rendering, Value value) {
    if (value instanceof Text || !Operators.isIterable(value)) {
      return quote(rendering, rendering.string(value), "/");
    }
    TextBuilder out = rendering.builder();
    List<Value> pairs =
        value instanceof Dict dict ? dict.items() : rendering.operators.collect(value);
    for (Value pair : pairs) {
      List<Value> parts = rendering.operators.collect(pair);
      if (parts.size() != 2) {
        throw JinjaException.evaluation("urlencode needs pairs");
      }
      out.append(out.length() == 0 ? "" : "&")
          .append(forQuery(rendering, parts.get(0)))
          .append("=")
          .append(forQuery(rendering, parts.get(1)));
    }
    return out.build();
  }

  private static Text forQuery(Rendering rendering, Value value) {
    Text quoted = quote(rendering, rendering.string(value), "");
    return StringMethods.replace(rendering, quoted, Text.trusted("%20"), Text.trusted("+"), -1);
  }

  private static Text quote(Rendering rendering, Text text, String safe) {
    TextBuilder out = rendering.builder();
    for (int at = 0; at < text.units(); ) {
      int c = text.chars().codePointAt(at);
      boolean plain =
          c < 128
              && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0 || safe.indexOf(c) >= 0);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        throw JinjaException.evaluation(
            "urlencode: half of a surrogate pair (U+%X) has no bytes".formatted(c));
      }
      if (plain) {
        out.appendCodePoint(c, text.isContent(at));
      } else {
        for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
          out.append(String.format("%%%02X", b & 0xff), text.isContent(at));
        }
      }
      at += Character.charCount(c);
    }
    return out.build();
  }
}
