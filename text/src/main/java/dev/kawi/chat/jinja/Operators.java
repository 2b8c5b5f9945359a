package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Value.Bool;
import dev.kawi.chat.jinja.Value.Int;
import dev.kawi.chat.jinja.Value.ListValue;
import dev.kawi.chat.jinja.Value.Range;
import dev.kawi.chat.jinja.Value.Real;
import dev.kawi.chat.jinja.Value.Sequence;
import dev.kawi.chat.jinja.Value.Stream;
import dev.kawi.chat.jinja.Value.Tuple;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// What Python's operators and built-in protocols (truth, length, iteration, equality, order,
/// membership, indexing) do with values. Arithmetic is in [Arithmetic].
final class Operators {
  private final Budget budget;

  Operators(Budget budget) {
    this.budget = budget;
  }

  static String typeName(Value value) {
    return switch (value) {
      case Text t -> t.isMarkup() ? "Markup" : "str";
      case Value.None n -> "NoneType";
      case Bool b -> "bool";
      case Int i -> "int";
      case Real r -> "float";
      case ListValue l -> "list";
      case Tuple t -> "tuple";
      case Range r -> "range";
      case Dict d -> "dict";
      case Stream s -> s.typeName;
      case Undefined u -> "Undefined";
      case Obj o -> o.typeName();
    };
  }

  static JinjaException typeError(String message) {
    return JinjaException.evaluation(message);
  }

  /// Python's `bool(value)`.
  static boolean truth(Value value) {
    return switch (value) {
      case Text t -> !t.isEmpty();
      case Value.None n -> false;
      case Bool b -> b.value();
      case Int i -> i.value().signum() != 0;
      case Real r -> r.value() != 0;
      case Sequence s -> s.size() > 0;
      case Dict d -> d.size() > 0;
      case Stream s -> true;
      case Undefined u -> false;
      case DictView v -> !v.elements().isEmpty();
      case Loop loop -> loop.length() > 0;
      case Obj o -> true;
    };
  }

  /// Python's `len(value)`, or empty where it would be a `TypeError`.
  static OptionalInt size(Value value) {
    return switch (value) {
      case Text t -> OptionalInt.of(t.length());
      case Sequence s -> OptionalInt.of(s.size());
      case Dict d -> OptionalInt.of(d.size());
      case Undefined u -> OptionalInt.of(0);
      case DictView v -> OptionalInt.of(v.elements().size());
      case Loop loop -> OptionalInt.of(loop.length());
      case Value.None n -> OptionalInt.empty();
      case Bool b -> OptionalInt.empty();
      case Int i -> OptionalInt.empty();
      case Real r -> OptionalInt.empty();
      case Stream s -> OptionalInt.empty();
      case Obj o -> OptionalInt.empty();
    };
  }

  static int length(Value value) {
    return size(value)
        .orElseThrow(() -> typeError("object of type '" + typeName(value) + "' has no len()"));
  }

  /// Whether Python's `iter(value)` works.
  static boolean isIterable(Value value) {
    return size(value).isPresent() || value instanceof Stream;
  }

  /// Python's `iter(value)`.
  Iterator<Value> iterate(Value value) {
    return switch (value) {
      case Text t -> new CodePoints(t.asPlain(), budget);
      case Sequence s -> new Elements(s);
      case Dict d -> d.keys().iterator();
      case Stream s -> s.items;
      case Undefined u -> Collections.emptyIterator();
      case DictView v -> v.elements().iterator();
      case Loop loop -> loop;
      default -> throw typeError("'" + typeName(value) + "' object is not iterable");
    };
  }

  /// Python's `list(value)`.
  List<Value> collect(Value value) {
    List<Value> items = new ArrayList<>();
    Iterator<Value> each = iterate(value);
    while (each.hasNext()) {
      budget.step();
      items.add(each.next());
    }
    return items;
  }

  /// Python's `reversed(value)`, or null where it would be a `TypeError`.
  @Nullable Iterator<Value> reversed(Value value) {
    if (value instanceof Stream || !isIterable(value) || value instanceof Loop) {
      return null;
    }
    List<Value> items = collect(value);
    Collections.reverse(items);
    return items.iterator();
  }

  /// The characters of a string, as strings of one code point.
  private static final class CodePoints implements Iterator<Value> {
    private final Text text;
    private final Budget budget;
    private int at;

    CodePoints(Text text, Budget budget) {
      this.text = text;
      this.budget = budget;
    }

    @Override
    public boolean hasNext() {
      return at < text.units();
    }

    @Override
    public Value next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      budget.steps(3);
      budget.chars(text.rawSpans().length);
      int end = at + Character.charCount(text.chars().codePointAt(at));
      Text one = text.sub(at, end);
      at = end;
      return one;
    }
  }

  private static final class Elements implements Iterator<Value> {
    private final Sequence sequence;
    private final int size;
    private int at;

    Elements(Sequence sequence) {
      this.sequence = sequence;
      this.size = sequence.size();
    }

    @Override
    public boolean hasNext() {
      return at < size;
    }

    @Override
    public Value next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return sequence.get(at++);
    }
  }

  /// Python's `a == b`.
  boolean equal(Value a, Value b) {
    budget.step();
    return switch (a) {
      case Text t -> b instanceof Text u && sameText(t, u);
      case Value.None n -> b instanceof Value.None;
      case Bool x -> isNumber(b) && compareNumbers(a, b) == 0;
      case Int x -> isNumber(b) && compareNumbers(a, b) == 0;
      case Real x -> isNumber(b) && compareNumbers(a, b) == 0;
      case ListValue l -> b instanceof ListValue m && sameItems(l, m);
      case Tuple t -> b instanceof Tuple u && sameItems(t, u);
      case Range r -> b instanceof Range s && sameItems(r, s);
      case Dict d -> b instanceof Dict e && sameEntries(d, e);
      case Undefined u -> b instanceof Undefined;
      case Stream s -> isSameObject(a, b);
      case Obj o -> isSameObject(a, b);
    };
  }

  /// Identity, which is Python's equality for objects without one of their own.
  @SuppressWarnings("ReferenceEquality")
  static boolean isSameObject(Value a, Value b) {
    return a == b;
  }

  private boolean sameText(Text a, Text b) {
    if (a.units() != b.units()) {
      return false;
    }
    budget.chars(a.units());
    return a.chars().equals(b.chars());
  }

  private boolean sameItems(Sequence a, Sequence b) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter();
    boolean same = true;
    for (int i = 0; same && i < a.size(); i++) {
      same = equal(a.get(i), b.get(i));
    }
    budget.leave();
    return same;
  }

  private boolean sameEntries(Dict a, Dict b) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter();
    boolean same = true;
    for (Dict.Entry entry : a.entries()) {
      Value other = b.get(entry.key());
      same &= other != null && equal(entry.value(), other);
    }
    budget.leave();
    return same;
  }

  static boolean isNumber(Value value) {
    return value instanceof Int || value instanceof Real || value instanceof Bool;
  }

  /// Exact order of two numbers; 2 when one is not a number.
  private static int compareNumbers(Value a, Value b) {
    if (a instanceof Real x && b instanceof Real y) {
      return compareDoubles(x.value(), y.value());
    }
    if (a instanceof Real x) {
      return compareToInt(x.value(), Arithmetic.toBigInteger(b));
    }
    if (b instanceof Real y) {
      int reversed = compareToInt(y.value(), Arithmetic.toBigInteger(a));
      return reversed == 2 ? 2 : -reversed;
    }
    return Arithmetic.toBigInteger(a).compareTo(Arithmetic.toBigInteger(b));
  }

  private static int compareDoubles(double x, double y) {
    return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
  }

  private static int compareToInt(double x, BigInteger y) {
    if (Double.isNaN(x)) {
      return 2;
    }
    return Double.isInfinite(x) ? (x > 0 ? 1 : -1) : new BigDecimal(x).compareTo(new BigDecimal(y));
  }

  /// Python's order for `<`, `<=`, `>`, `>=` and sorting: negative, zero, positive; 2 when a NaN
  /// makes every comparison false.
  int compare(Value a, Value b, String operator) {
    budget.step();
    if (a instanceof Undefined u) {
      throw u.failure();
    }
    if (b instanceof Undefined u) {
      throw u.failure();
    }
    if (isNumber(a) && isNumber(b)) {
      return compareNumbers(a, b);
    }
    if (a instanceof Text t && b instanceof Text u) {
      budget.chars(Math.min(t.units(), u.units()));
      return Integer.signum(t.compareTo(u));
    }
    if (a instanceof ListValue x && b instanceof ListValue y) {
      return compareItems(x, y, operator);
    }
    if (a instanceof Tuple x && b instanceof Tuple y) {
      return compareItems(x, y, operator);
    }
    throw typeError(
        "'"
            + operator
            + "' not supported between instances of '"
            + typeName(a)
            + "' and '"
            + typeName(b)
            + "'");
  }

  private int compareItems(Sequence a, Sequence b, String operator) {
    budget.enter();
    try {
      int n = Math.min(a.size(), b.size());
      for (int i = 0; i < n; i++) {
        if (!equal(a.get(i), b.get(i))) {
          return compare(a.get(i), b.get(i), operator);
        }
      }
      return Integer.compare(a.size(), b.size());
    } finally {
      budget.leave();
    }
  }

  /// Python's `item in container`.
  boolean contains(Value container, Value item) {
    return switch (container) {
      case Text t when item instanceof Text needle -> {
        budget.chars(t.units() + needle.units());
        yield t.find(needle.chars(), 0) >= 0;
      }
      case Text t ->
          throw typeError("'in <string>' requires string as left operand, not " + typeName(item));
      case Dict d -> d.get(item) != null;
      default -> {
        if (!isIterable(container)) {
          throw typeError("argument of type '" + typeName(container) + "' is not iterable");
        }
        yield containsItem(iterate(container), item);
      }
    };
  }

  private boolean containsItem(Iterator<Value> items, Value item) {
    while (items.hasNext()) {
      Value next = items.next();
      if (isSameObject(next, item) || equal(next, item)) {
        return true;
      }
    }
    return false;
  }

  /// Python's `container[key]`, or null where it would be a `TypeError` or `LookupError`.
  @Nullable Value item(Value container, Value key) {
    return switch (container) {
      case Undefined u -> throw u.failure();
      case Dict d -> Dict.isHashable(key) ? d.get(key) : null;
      case Text t -> {
        OptionalInt index = index(key, t.length());
        if (index.isEmpty()) {
          yield null;
        }
        budget.chars(t.length() == t.units() ? 0 : t.units());
        yield t.codePoint(index.getAsInt());
      }
      case Sequence s -> {
        OptionalInt index = index(key, s.size());
        yield index.isPresent() ? s.get(index.getAsInt()) : null;
      }
      default -> null;
    };
  }

  private static OptionalInt index(Value key, int size) {
    if (!(key instanceof Int || key instanceof Bool)) {
      return OptionalInt.empty();
    }
    BigInteger index = Arithmetic.toBigInteger(key);
    if (index.bitLength() > 31) {
      return OptionalInt.empty();
    }
    long at = index.longValue() < 0 ? index.longValue() + size : index.longValue();
    return at >= 0 && at < size ? OptionalInt.of((int) at) : OptionalInt.empty();
  }

  /// Python's `value[start:stop:step]`.
  Value slice(Value value, Value start, Value stop, Value step) {
    if (value instanceof Undefined u) {
      throw u.failure();
    }
    if (!(value instanceof Text || value instanceof Sequence)) {
      throw typeError("'" + typeName(value) + "' object is not subscriptable with a slice");
    }
    int size = length(value);
    long by = step instanceof Value.None ? 1 : bound(step);
    if (by == 0) {
      throw JinjaException.evaluation("slice step cannot be zero");
    }
    long from =
        start instanceof Value.None ? (by > 0 ? 0 : size - 1) : clamp(bound(start), size, by);
    long to = stop instanceof Value.None ? (by > 0 ? size : -1) : clamp(bound(stop), size, by);
    return switch (value) {
      case Text t -> sliceText(t, from, to, by);
      case Tuple tuple -> new Tuple(sliceItems(tuple, from, to, by));
      case Range range ->
          new Range(
              range.start() + from * range.step(),
              range.start() + to * range.step(),
              range.step() * by);
      case Sequence s -> new ListValue(sliceItems(s, from, to, by));
      default -> throw new AssertionError("Bug: slice of " + typeName(value));
    };
  }

  private static long bound(Value index) {
    if (!(index instanceof Int || index instanceof Bool)) {
      throw typeError("slice indices must be integers or None or have an __index__ method");
    }
    BigInteger value = Arithmetic.toBigInteger(index);
    return value.bitLength() > 31 ? value.signum() * (1L << 31) : value.longValue();
  }

  private static long clamp(long index, int size, long step) {
    long at = index < 0 ? index + size : index;
    return step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1L);
  }

  private Text sliceText(Text text, long from, long to, long step) {
    if (step == 1) {
      int start = (int) from;
      int end = (int) Math.max(from, to);
      budget.chars(text.length() == text.units() ? end - start : text.units());
      return text.sub(text.offset(start), text.offset(end));
    }
    int[] offsets = text.length() == text.units() ? null : offsets(text);
    TextBuilder builder = new TextBuilder(budget);
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      int at = offsets == null ? (int) i : offsets[(int) i];
      builder.appendCodePoint(text.chars().codePointAt(at), text.isContent(at));
      budget.chars(text.rawSpans().length);
    }
    return text.isMarkup() ? builder.build().asMarkup() : builder.build();
  }

  private int[] offsets(Text text) {
    budget.chars(text.units());
    int[] offsets = new int[text.length()];
    int at = 0;
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = at;
      at += Character.charCount(text.chars().codePointAt(at));
    }
    return offsets;
  }

  private List<Value> sliceItems(Sequence sequence, long from, long to, long step) {
    List<Value> items = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      budget.step();
      items.add(sequence.get((int) i));
    }
    return items;
  }
}
