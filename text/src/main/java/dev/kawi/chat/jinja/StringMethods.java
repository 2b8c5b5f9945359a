package dev.kawi.chat.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The methods of Python's `str`. Offsets that a template sees are code points.
final class StringMethods {
  private interface Method {
    Value call(Rendering rendering, Text self, Args args);
  }

  /// Which end of a string an operation starts from or works on.
  enum Side {
    LEFT,
    RIGHT,
    BOTH
  }

  private static final Map<String, Method> METHODS = new HashMap<>();

  /// What Python's strings have beside; bytes and tables of characters have no use in a template.
  private static final Set<String> UNSUPPORTED =
      Set.of("encode", "format_map", "maketrans", "translate");

  private StringMethods() {}

  static {
    map("upper", TextCase::upper);
    map("lower", TextCase::lower);
    map("casefold", TextCase::casefold);
    map("capitalize", TextCase::capitalize);
    map("title", TextCase::title);
    map("swapcase", TextCase::swapcase);
    METHODS.put("strip", (r, s, args) -> strip(s, stripped(args), Side.BOTH));
    METHODS.put("lstrip", (r, s, args) -> strip(s, stripped(args), Side.LEFT));
    METHODS.put("rstrip", (r, s, args) -> strip(s, stripped(args), Side.RIGHT));
    METHODS.put("split", (r, s, args) -> split(r, s, args, Side.LEFT));
    METHODS.put("rsplit", (r, s, args) -> split(r, s, args, Side.RIGHT));
    METHODS.put("splitlines", StringMethods::splitLines);
    METHODS.put("partition", (r, s, args) -> partition(s, args, Side.LEFT));
    METHODS.put("rpartition", (r, s, args) -> partition(s, args, Side.RIGHT));
    METHODS.put("join", (r, s, args) -> join(r, s, Value.orNone(args.bind("join", "iterable")[0])));
    METHODS.put(
        "replace",
        (r, s, args) ->
            replace(r, s, args.positionalOnly("replace").bind("replace", "old new count?")));
    METHODS.put("format", BraceFormat::format);
    METHODS.put("startswith", (r, s, args) -> affix(s, args, "startswith", Side.LEFT));
    METHODS.put("endswith", (r, s, args) -> affix(s, args, "endswith", Side.RIGHT));
    METHODS.put("removeprefix", (r, s, args) -> removeAffix(s, args, Side.LEFT));
    METHODS.put("removesuffix", (r, s, args) -> removeAffix(s, args, Side.RIGHT));
    METHODS.put("find", (r, s, args) -> Value.integer(find(s, args, "find", Side.LEFT)));
    METHODS.put("rfind", (r, s, args) -> Value.integer(find(s, args, "rfind", Side.RIGHT)));
    METHODS.put("index", (r, s, args) -> found(find(s, args, "index", Side.LEFT)));
    METHODS.put("rindex", (r, s, args) -> found(find(s, args, "rindex", Side.RIGHT)));
    METHODS.put("count", (r, s, args) -> count(s, args));
    METHODS.put("center", (r, s, args) -> pad(r, s, args, "center", Side.BOTH));
    METHODS.put("ljust", (r, s, args) -> pad(r, s, args, "ljust", Side.RIGHT));
    METHODS.put("rjust", (r, s, args) -> pad(r, s, args, "rjust", Side.LEFT));
    METHODS.put("zfill", StringMethods::zeroFill);
    METHODS.put("expandtabs", StringMethods::expandTabs);
    every("isalpha", Character::isLetter);
    every("isalnum", PyChars::isAlphanumeric);
    every("isdigit", PyChars::isDigit);
    every("isdecimal", Character::isDigit);
    every("isnumeric", PyChars::isNumeric);
    every("isspace", PyChars::isSpace);
    ask("isascii", s -> s.chars().allMatch(c -> c < 128));
    ask("isprintable", s -> s.codePoints().allMatch(Printer::isPrintable));
    ask("isidentifier", s -> !s.isEmpty() && PyChars.isIdentifier(s));
    ask("islower", TextCase::isLower);
    ask("isupper", TextCase::isUpper);
    ask("istitle", TextCase::isTitle);
  }

  private static void map(String name, UnaryOperator<Text> change) {
    METHODS.put(
        name,
        (r, s, args) -> {
          args.bind(name, "");
          return change.apply(s);
        });
  }

  private static void ask(String name, Predicate<String> question) {
    METHODS.put(
        name,
        (r, s, args) -> {
          args.bind(name, "");
          return Value.bool(question.test(s.chars()));
        });
  }

  private static void every(String name, IntPredicate kind) {
    ask(name, s -> !s.isEmpty() && s.codePoints().allMatch(kind));
  }

  /// The method, bound to its string, or null when strings have none of this name.
  static @Nullable Value of(Text self, String name) {
    if (UNSUPPORTED.contains(name)) {
      throw JinjaException.evaluation("str." + name + " is not supported in templates");
    }
    Method method = METHODS.get(name);
    return method == null
        ? null
        : new Obj.Function(
            name,
            (rendering, args) -> {
              rendering.budget.chars(2L * self.units() + self.rawSpans().length);
              return method.call(rendering, self, args);
            });
  }

  static Text text(@Nullable Value value, String method) {
    return switch (value) {
      case Text text -> text;
      case Undefined undefined ->
          throw Operators.typeError(method + "() argument must be str: " + undefined.reason());
      case null, default ->
          throw Operators.typeError(
              method + "() argument must be str, not " + Operators.typeName(Value.orNone(value)));
    };
  }

  private static Value stripped(Args args) {
    return Value.orNone(args.positionalOnly("strip").bind("strip", "chars?")[0]);
  }

  /// Without whitespace, or without the characters in `chars` when that is a string, at its ends.
  static Text strip(Text text, Value chars, Side side) {
    IntPredicate drop;
    if (chars instanceof Value.None) {
      drop = PyChars::isSpace;
    } else {
      String set = text(chars, "strip").chars();
      drop = c -> set.indexOf(c) >= 0;
    }
    String all = text.chars();
    int from = 0;
    int to = all.length();
    while (side != Side.RIGHT && from < to && drop.test(all.codePointAt(from))) {
      from += Character.charCount(all.codePointAt(from));
    }
    while (side != Side.LEFT && to > from && drop.test(all.codePointBefore(to))) {
      to -= Character.charCount(all.codePointBefore(to));
    }
    return text.sub(from, to);
  }

  private static Value split(Rendering rendering, Text text, Args args, Side from) {
    @Nullable Value[] bound = args.bind("split", "sep? maxsplit?");
    int limit = bound[1] == null ? -1 : Arithmetic.toInt(bound[1]);
    int most = limit < 0 ? Integer.MAX_VALUE : limit;
    List<Value> parts;
    if (Value.orNone(bound[0]) instanceof Value.None) {
      spend(rendering, text, text.chars().chars().filter(PyChars::isSpace).count());
      parts = from == Side.LEFT ? words(text, most) : wordsFromRight(text, most);
    } else {
      String separator = text(bound[0], "split").chars();
      if (separator.isEmpty()) {
        throw JinjaException.evaluation("empty separator");
      }
      spend(rendering, text, occurrences(text, separator));
      parts =
          from == Side.LEFT
              ? pieces(text, separator, most)
              : piecesFromRight(text, separator, most);
    }
    return new Value.ListValue(parts);
  }

  /// Counts the parts that a text is about to be cut into, by so many cuts.
  private static void spend(Rendering rendering, Text text, long cuts) {
    rendering.budget.steps(4 * cuts);
    rendering.budget.chars(cuts * text.rawSpans().length);
  }

  private static long occurrences(Text text, String needle) {
    long count = 0;
    for (int at = text.find(needle, 0); at >= 0; at = text.find(needle, at + needle.length())) {
      count++;
    }
    return count;
  }

  private static List<Value> words(Text text, int most) {
    List<Value> words = new ArrayList<>();
    String chars = text.chars();
    int at = PyChars.skipSpace(chars, 0);
    while (at < chars.length()) {
      int end = at;
      while (end < chars.length() && !PyChars.isSpace(chars.charAt(end))) {
        end++;
      }
      if (words.size() == most) {
        words.add(text.sub(at, chars.length()));
        return words;
      }
      words.add(text.sub(at, end));
      at = PyChars.skipSpace(chars, end);
    }
    return words;
  }

  private static List<Value> wordsFromRight(Text text, int most) {
    List<Value> words = new ArrayList<>();
    String chars = text.chars();
    int end = PyChars.trimEnd(chars, 0, chars.length());
    while (end > 0) {
      int start = end;
      while (start > 0 && !PyChars.isSpace(chars.charAt(start - 1))) {
        start--;
      }
      if (words.size() == most) {
        words.add(text.sub(0, end));
        break;
      }
      words.add(text.sub(start, end));
      end = PyChars.trimEnd(chars, 0, start);
    }
    return words.reversed();
  }

  private static List<Value> pieces(Text text, String separator, int most) {
    List<Value> pieces = new ArrayList<>();
    int start = 0;
    int at;
    while (pieces.size() < most && (at = text.find(separator, start)) >= 0) {
      pieces.add(text.sub(start, at));
      start = at + separator.length();
    }
    pieces.add(text.sub(start, text.units()));
    return pieces;
  }

  private static List<Value> piecesFromRight(Text text, String separator, int most) {
    List<Value> pieces = new ArrayList<>();
    int end = text.units();
    int at;
    while (pieces.size() < most
        && end >= separator.length()
        && (at = text.chars().lastIndexOf(separator, end - separator.length())) >= 0) {
      pieces.add(text.sub(at + separator.length(), end));
      end = at;
    }
    pieces.add(text.sub(0, end));
    return pieces.reversed();
  }

  /// The lines of a text, without their ends.
  static List<Text> lines(Rendering rendering, Text text) {
    return lines(rendering, text, Value.FALSE);
  }

  /// The lines of a text, each with its end.
  static List<Text> linesWithEnds(Rendering rendering, Text text) {
    return lines(rendering, text, Value.TRUE);
  }

  private static List<Text> lines(Rendering rendering, Text text, Value keepEnds) {
    spend(rendering, text, text.chars().chars().filter(PyChars::isLineEnd).count());
    List<Text> lines = new ArrayList<>();
    String chars = text.chars();
    int start = 0;
    for (int i = 0; i < chars.length(); i++) {
      if (PyChars.isLineEnd(chars.charAt(i))) {
        boolean pair =
            chars.charAt(i) == '\r' && i + 1 < chars.length() && chars.charAt(i + 1) == '\n';
        int next = i + (pair ? 2 : 1);
        lines.add(text.sub(start, Operators.truth(keepEnds) ? next : i));
        start = next;
        i = next - 1;
      }
    }
    if (start < chars.length()) {
      lines.add(text.sub(start, chars.length()));
    }
    return lines;
  }

  private static Value splitLines(Rendering rendering, Text text, Args args) {
    Value keepEnds = Value.orNone(args.bind("splitlines", "keepends?")[0]);
    return new Value.ListValue(List.copyOf(lines(rendering, text, keepEnds)));
  }

  private static Value partition(Text text, Args args, Side from) {
    String separator =
        text(args.positionalOnly("partition").bind("partition", "sep")[0], "partition").chars();
    if (separator.isEmpty()) {
      throw JinjaException.evaluation("empty separator");
    }
    int at = from == Side.LEFT ? text.find(separator, 0) : text.chars().lastIndexOf(separator);
    if (at < 0) {
      return from == Side.LEFT
          ? Value.Tuple.of(text, Text.EMPTY, Text.EMPTY)
          : Value.Tuple.of(Text.EMPTY, Text.EMPTY, text);
    }
    int end = at + separator.length();
    return Value.Tuple.of(text.sub(0, at), text.sub(at, end), text.sub(end, text.units()));
  }

  private static Value join(Rendering rendering, Text separator, Value items) {
    TextBuilder out = rendering.builder();
    List<Value> parts = rendering.operators.collect(items);
    for (int i = 0; i < parts.size(); i++) {
      if (!(parts.get(i) instanceof Text part)) {
        throw Operators.typeError(
            "sequence item "
                + i
                + ": expected str instance, "
                + Operators.typeName(parts.get(i))
                + " found");
      }
      if (i > 0) {
        out.append(separator);
      }
      out.append(part);
    }
    return out.build();
  }

  private static Text replace(Rendering rendering, Text text, @Nullable Value[] bound) {
    int count = bound[2] == null ? -1 : Arithmetic.toInt(bound[2]);
    return replace(rendering, text, text(bound[0], "replace"), text(bound[1], "replace"), count);
  }

  /// `text` with the first `count` occurrences (all when negative) of `old` replaced. What replaces
  /// content is content: the author of the text chose where it appears.
  static Text replace(Rendering rendering, Text text, Text old, Text fresh, int count) {
    TextBuilder out = rendering.builder();
    Text asContent = Text.content(fresh.chars());
    int most = count < 0 ? Integer.MAX_VALUE : count;
    int width = old.units();
    int start = 0;
    for (int done = 0; done < most; done++) {
      int at = nextPlace(text, old, start, done);
      if (at < 0 || at > text.units()) {
        break;
      }
      boolean content = width == 0 ? text.hasContent() : text.hasContent(at, at + width);
      out.append(text, start, at).append(content ? asContent : fresh);
      start = at + width;
    }
    return out.append(text, start, text.units()).build();
  }

  /// Where the next replacement goes; the empty string stands before every character and at the
  /// end.
  private static int nextPlace(Text text, Text old, int start, int done) {
    if (old.units() > 0) {
      return text.find(old.chars(), start);
    }
    if (done == 0) {
      return 0;
    }
    return start < text.units() ? start + Character.charCount(text.chars().codePointAt(start)) : -1;
  }

  /// The part of a string that optional start and end arguments select, as UTF-16 offsets; empty
  /// when the start lies behind the end.
  private record Window(int from, int to, boolean valid) {
    static Window of(Text text, @Nullable Value start, @Nullable Value end) {
      int size = text.length();
      int from = bound(start, 0, size);
      int to = bound(end, size, size);
      return new Window(
          text.offset(Math.min(from, size)),
          text.offset(Math.min(to, size)),
          from <= to && from <= size);
    }

    private static int bound(@Nullable Value given, int otherwise, int size) {
      if (Value.orNone(given) instanceof Value.None || given == null) {
        return otherwise;
      }
      int index = Arithmetic.toInt(given);
      return index < 0
          ? Math.max(0, index + size)
          : otherwise == size ? Math.min(index, size) : index;
    }
  }

  private static Value affix(Text text, Args args, String name, Side side) {
    @Nullable Value[] bound = args.positionalOnly(name).bind(name, "affix start? end?");
    Window window = Window.of(text, bound[1], bound[2]);
    List<Value> affixes =
        bound[0] instanceof Value.Tuple tuple ? tuple.items() : List.of(Value.orNone(bound[0]));
    for (Value affix : affixes) {
      String chars = text(affix, name).chars();
      int at = side == Side.LEFT ? window.from : window.to - chars.length();
      if (window.valid
          && at >= window.from
          && at + chars.length() <= window.to
          && text.chars().startsWith(chars, at)) {
        return Value.TRUE;
      }
    }
    return Value.FALSE;
  }

  private static Value removeAffix(Text text, Args args, Side side) {
    String affix = text(args.positionalOnly("remove").bind("remove", "affix")[0], "remove").chars();
    if (side == Side.LEFT) {
      return text.chars().startsWith(affix) ? text.sub(affix.length(), text.units()) : text;
    }
    return text.chars().endsWith(affix) ? text.sub(0, text.units() - affix.length()) : text;
  }

  private static int find(Text text, Args args, String name, Side from) {
    @Nullable Value[] bound = args.positionalOnly(name).bind(name, "sub start? end?");
    String needle = text(bound[0], name).chars();
    Window window = Window.of(text, bound[1], bound[2]);
    if (!window.valid) {
      return -1;
    }
    Text part = text.sub(window.from, window.to);
    int at = from == Side.LEFT ? part.find(needle, 0) : part.chars().lastIndexOf(needle);
    return at < 0 ? -1 : text.index(window.from + at);
  }

  private static Value found(int index) {
    if (index < 0) {
      throw JinjaException.evaluation("substring not found");
    }
    return Value.integer(index);
  }

  private static Value count(Text text, Args args) {
    @Nullable Value[] bound = args.positionalOnly("count").bind("count", "sub start? end?");
    String needle = text(bound[0], "count").chars();
    Window window = Window.of(text, bound[1], bound[2]);
    if (!window.valid) {
      return Value.integer(0);
    }
    Text part = text.sub(window.from, window.to);
    return Value.integer(needle.isEmpty() ? part.length() + 1L : occurrences(part, needle));
  }

  private static Value pad(Rendering rendering, Text text, Args args, String name, Side side) {
    @Nullable Value[] bound = args.positionalOnly(name).bind(name, "width fillchar?");
    Text fill = bound[1] == null ? Text.trusted(" ") : text(bound[1], name);
    if (fill.length() != 1) {
      throw Operators.typeError("The fill character must be exactly one character long");
    }
    return pad(rendering, text, Arithmetic.toInt(Value.orNone(bound[0])), fill, side);
  }

  static Text pad(Rendering rendering, Text text, int width, Text fill, Side side) {
    long pad = Math.max(0, (long) width - text.length());
    long left = side == Side.LEFT ? pad : side == Side.RIGHT ? 0 : pad / 2 + (pad & width & 1);
    return rendering.builder().repeat(fill, left).append(text).repeat(fill, pad - left).build();
  }

  private static Value zeroFill(Rendering rendering, Text text, Args args) {
    int width =
        Arithmetic.toInt(Value.orNone(args.positionalOnly("zfill").bind("zfill", "width")[0]));
    int sign = !text.isEmpty() && "+-".indexOf(text.chars().charAt(0)) >= 0 ? 1 : 0;
    return rendering
        .builder()
        .append(text, 0, sign)
        .repeat('0', (long) width - text.length())
        .append(text, sign, text.units())
        .build();
  }

  private static Value expandTabs(Rendering rendering, Text text, Args args) {
    @Nullable Value[] bound = args.bind("expandtabs", "tabsize?");
    int size = bound[0] == null ? 8 : Math.max(0, Arithmetic.toInt(bound[0]));
    TextBuilder out = rendering.builder();
    int column = 0;
    for (int at = 0; at < text.units(); ) {
      int c = text.chars().codePointAt(at);
      int end = at + Character.charCount(c);
      if (c == '\t') {
        int blanks = size == 0 ? 0 : size - column % size;
        out.repeat(' ', blanks);
        column += blanks;
      } else {
        out.append(text, at, end);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
      at = end;
    }
    return out.build();
  }
}
