package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Value.ListValue;
import dev.kawi.chat.jinja.Value.Stream;
import dev.kawi.chat.jinja.Value.Tuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Filters on lists, dicts and other things with elements. What is a generator in Jinja is one
/// here: lazy, passes once, always true.
final class SequenceFilters {
  private SequenceFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("length", (r, v, args) -> Value.integer(Operators.length(v)));
    filters.put("count", (r, v, args) -> Value.integer(Operators.length(v)));
    filters.put("list", (r, v, args) -> new ListValue(r.operators.collect(v)));
    filters.put("default", SequenceFilters::defaultTo);
    filters.put("d", SequenceFilters::defaultTo);
    filters.put("first", (r, v, args) -> first(r, v));
    filters.put("last", (r, v, args) -> last(r, v));
    filters.put("random", SequenceFilters::random);
    filters.put("join", SequenceFilters::join);
    filters.put("reverse", (r, v, args) -> reverse(r, v));
    filters.put("items", (r, v, args) -> items(v));
    filters.put("dictsort", SequenceFilters::dictSort);
    filters.put("sort", SequenceFilters::sort);
    filters.put("unique", SequenceFilters::unique);
    filters.put("min", (r, v, args) -> extreme(r, v, args, "<"));
    filters.put("max", (r, v, args) -> extreme(r, v, args, ">"));
    filters.put("sum", SequenceFilters::sum);
    filters.put("batch", SequenceFilters::batch);
    filters.put("slice", SequenceFilters::slice);
    filters.put("groupby", SequenceFilters::groupBy);
    filters.put("attr", (r, v, args) -> attribute(r, v, args));
    filters.put("map", SequenceFilters::map);
    filters.put("select", (r, v, args) -> select(r, v, () -> chosen(r, args), true));
    filters.put("reject", (r, v, args) -> select(r, v, () -> chosen(r, args), false));
    filters.put("selectattr", (r, v, args) -> select(r, v, () -> chosenByAttribute(r, args), true));
    filters.put(
        "rejectattr", (r, v, args) -> select(r, v, () -> chosenByAttribute(r, args), false));
  }

  private static boolean flag(@Nullable Value value) {
    return value != null && Operators.truth(value);
  }

  private static Value defaultTo(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("default", "default_value? boolean?");
    boolean missing = value instanceof Undefined || (flag(bound[1]) && !Operators.truth(value));
    return !missing ? value : bound[0] == null ? Text.EMPTY : bound[0];
  }

  private static Value first(Rendering rendering, Value value) {
    Iterator<Value> items = rendering.operators.iterate(value);
    return items.hasNext() ? items.next() : new Undefined("No first item, sequence was empty.");
  }

  private static Value last(Rendering rendering, Value value) {
    if (value instanceof Text text) {
      return text.isEmpty()
          ? new Undefined("No last item, sequence was empty.")
          : text.codePoint(text.length() - 1);
    }
    if (value instanceof Value.Sequence sequence && sequence.size() > 0) {
      return sequence.get(sequence.size() - 1);
    }
    Iterator<Value> items = rendering.operators.reversed(value);
    if (items == null) {
      throw Operators.typeError("'" + Operators.typeName(value) + "' object is not reversible");
    }
    return items.hasNext() ? items.next() : new Undefined("No last item, sequence was empty.");
  }

  /// One of the items; which one is the same in each rendering, so that a prompt is, too.
  private static Value random(Rendering rendering, Value value, Args args) {
    args.bind("random", "");
    int size = value instanceof Undefined ? 0 : Operators.length(value);
    if (size == 0) {
      return new Undefined("No random item, sequence was empty.");
    }
    int at = rendering.random.nextInt(size);
    return switch (value) {
      case Text text -> text.codePoint(at);
      case Value.Sequence sequence -> sequence.get(at);
      case Dict dict -> {
        Value found = dict.get(Value.integer(at));
        if (found == null) {
          throw JinjaException.evaluation(
              "random needs a sequence, not a dict without the key " + at);
        }
        yield found;
      }
      default ->
          throw Operators.typeError("random needs a sequence, not " + Operators.typeName(value));
    };
  }

  private static Value join(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("join", "d? attribute?");
    Text separator = bound[0] == null ? Text.EMPTY : rendering.string(bound[0]);
    List<Value> path = Lookup.path(Value.orNone(bound[1]));
    TextBuilder out = rendering.builder();
    Iterator<Value> items = rendering.operators.iterate(value);
    for (boolean first = true; items.hasNext(); first = false) {
      rendering.budget.step();
      out.append(first ? Text.EMPTY : separator);
      out.append(rendering.string(Lookup.follow(rendering, items.next(), path)));
    }
    return out.build();
  }

  private static Value reverse(Rendering rendering, Value value) {
    if (value instanceof Text text) {
      return rendering.operators.slice(text, Value.NONE, Value.NONE, Value.integer(-1));
    }
    Iterator<Value> reversed = rendering.operators.reversed(value);
    if (reversed != null) {
      return new Stream("list_reverseiterator", reversed);
    }
    List<Value> items = rendering.operators.collect(value);
    Collections.reverse(items);
    return new ListValue(items);
  }

  private static Value items(Value value) {
    return switch (value) {
      case Undefined u -> Stream.generator(Collections.emptyIterator());
      case Dict dict -> Stream.generator(dict.items().iterator());
      default ->
          Stream.lazy(() -> {
            throw Operators.typeError("Can only get item pairs from a mapping.");
          });
    };
  }

  /// Strings in lower case, everything else as it is.
  private static Value ignoringCase(Value value) {
    return value instanceof Text text ? TextCase.lower(text) : value;
  }

  private record Keyed(Value key, Value item) {}

  /// Stable, as Python's `sorted`: the reverse order keeps equal elements in place too.
  private static List<Value> sorted(Rendering rendering, List<Keyed> keyed, boolean reverse) {
    Comparator<Keyed> order = (a, b) -> lessFirst(rendering, a.key(), b.key());
    try {
      keyed.sort(reverse ? order.reversed() : order);
    } catch (IllegalArgumentException e) {
      throw JinjaException.evaluation("values without an order cannot be sorted");
    }
    return new ArrayList<>(keyed.stream().map(Keyed::item).toList());
  }

  private static int lessFirst(Rendering rendering, Value a, Value b) {
    int order = rendering.operators.compare(a, b, "<");
    return order == 2 ? 0 : order;
  }

  private static Value dictSort(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("dictsort", "case_sensitive? by? reverse?");
    String by = bound[1] == null ? "key" : rendering.string(bound[1]).chars();
    if (!by.equals("key") && !by.equals("value")) {
      throw JinjaException.evaluation("You can only sort by either \"key\" or \"value\"");
    }
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!(value instanceof Dict dict)) {
      throw Operators.typeError(
          "'" + Operators.typeName(value) + "' object has no attribute 'items'");
    }
    List<Keyed> keyed = new ArrayList<>();
    for (Dict.Entry entry : dict.entries()) {
      Value key = by.equals("key") ? entry.key() : entry.value();
      keyed.add(
          new Keyed(
              flag(bound[0]) ? key : ignoringCase(key), Tuple.of(entry.key(), entry.value())));
    }
    return new ListValue(sorted(rendering, keyed, flag(bound[2])));
  }

  private static Value sort(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("sort", "reverse? case_sensitive? attribute?");
    List<List<Value>> paths = Lookup.paths(Value.orNone(bound[2]));
    List<Keyed> keyed = new ArrayList<>();
    for (Value item : rendering.operators.collect(value)) {
      List<Value> key = new ArrayList<>();
      for (List<Value> path : paths) {
        Value part = Lookup.follow(rendering, item, path);
        key.add(flag(bound[1]) ? part : ignoringCase(part));
      }
      keyed.add(new Keyed(new ListValue(key), item));
    }
    return new ListValue(sorted(rendering, keyed, flag(bound[0])));
  }

  private static Function<Value, Value> key(
      Rendering rendering, @Nullable Value caseSensitive, @Nullable Value attribute) {
    List<Value> path = Lookup.path(Value.orNone(attribute));
    return item -> {
      Value key = Lookup.follow(rendering, item, path);
      return flag(caseSensitive) ? key : ignoringCase(key);
    };
  }

  private static Value unique(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("unique", "case_sensitive? attribute?");
    Function<Value, Value> key = key(rendering, bound[0], bound[1]);
    Set<Object> seen = new HashSet<>();
    return Stream.lazy(
        () -> matching(rendering, value, item -> seen.add(Dict.key(key.apply(item)))));
  }

  private static Value extreme(Rendering rendering, Value value, Args args, String operator) {
    @Nullable Value[] bound = args.bind("min", "case_sensitive? attribute?");
    Function<Value, Value> key = key(rendering, bound[0], bound[1]);
    Iterator<Value> items = rendering.operators.iterate(value);
    if (!items.hasNext()) {
      return new Undefined("No aggregated item, sequence was empty.");
    }
    Value best = items.next();
    Value bestKey = key.apply(best);
    while (items.hasNext()) {
      Value item = items.next();
      Value itemKey = key.apply(item);
      if (rendering.operators.compare(itemKey, bestKey, operator)
          == (operator.equals("<") ? -1 : 1)) {
        best = item;
        bestKey = itemKey;
      }
    }
    return best;
  }

  private static Value sum(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("sum", "attribute? start?");
    List<Value> path = Lookup.path(Value.orNone(bound[0]));
    Value total = bound[1] == null ? Value.integer(0) : bound[1];
    if (total instanceof Text) {
      throw Operators.typeError("sum() can't sum strings [use ''.join(seq) instead]");
    }
    Iterator<Value> items = rendering.operators.iterate(value);
    while (items.hasNext()) {
      rendering.budget.step();
      total =
          Arithmetic.apply(
              rendering, Expr.Operator.ADD, total, Lookup.follow(rendering, items.next(), path));
    }
    return total;
  }

  private static Value batch(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("batch", "linecount fill_with?");
    int size = Arithmetic.toInt(Value.orNone(bound[0]));
    return Stream.lazy(() -> batches(rendering, value, size, Value.orNone(bound[1])));
  }

  private static Iterator<Value> batches(Rendering rendering, Value value, int size, Value fill) {
    List<Value> rows = new ArrayList<>();
    List<Value> row = new ArrayList<>();
    for (Value item : rendering.operators.collect(value)) {
      if (row.size() == size) {
        rows.add(new ListValue(row));
        row = new ArrayList<>();
      }
      row.add(item);
    }
    if (!row.isEmpty()) {
      fill(rendering, row, size, fill);
      rows.add(new ListValue(row));
    }
    return rows.iterator();
  }

  private static void fill(Rendering rendering, List<Value> row, int size, Value fill) {
    if (!(fill instanceof Value.None)) {
      rendering.budget.steps(Math.max(0, size - row.size()));
      while (row.size() < size) {
        row.add(fill);
      }
    }
  }

  private static Value slice(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("slice", "slices fill_with?");
    int slices = Arithmetic.toInt(Value.orNone(bound[0]));
    return Stream.lazy(() -> slices(rendering, value, slices, Value.orNone(bound[1])));
  }

  private static Iterator<Value> slices(Rendering rendering, Value value, int slices, Value fill) {
    List<Value> items = rendering.operators.collect(value);
    if (slices == 0) {
      throw JinjaException.evaluation("integer division or modulo by zero");
    }
    rendering.budget.steps(Math.max(0, slices));
    int each = Math.floorDiv(items.size(), slices);
    int longer = Math.floorMod(items.size(), slices);
    List<Value> rows = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < slices; i++) {
      int end = at + each + (i < longer ? 1 : 0);
      List<Value> row = new ArrayList<>(items.subList(at, end));
      if (i >= longer) {
        fill(rendering, row, row.size() + 1, fill);
      }
      rows.add(new ListValue(row));
      at = end;
    }
    return rows.iterator();
  }

  private static Value groupBy(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound = args.bind("groupby", "attribute default? case_sensitive?");
    List<Value> path = Lookup.path(Value.orNone(bound[0]));
    Function<Value, Value> shown = item -> followOr(rendering, item, path, bound[1]);
    List<Keyed> keyed = new ArrayList<>();
    for (Value item : rendering.operators.collect(value)) {
      Value key = shown.apply(item);
      keyed.add(new Keyed(flag(bound[2]) ? key : ignoringCase(key), item));
    }
    sorted(rendering, keyed, false);
    List<Value> groups = new ArrayList<>();
    for (int start = 0; start < keyed.size(); ) {
      int end = start + 1;
      while (end < keyed.size()
          && rendering.operators.equal(keyed.get(start).key(), keyed.get(end).key())) {
        end++;
      }
      List<Value> members =
          new ArrayList<>(keyed.subList(start, end).stream().map(Keyed::item).toList());
      groups.add(
          new Tuple(
              List.of(shown.apply(members.getFirst()), new ListValue(members)),
              List.of("grouper", "list")));
      start = end;
    }
    return new ListValue(groups);
  }

  private static Value followOr(
      Rendering rendering, Value start, List<Value> path, @Nullable Value otherwise) {
    Value value = start;
    for (Value step : path) {
      value = Lookup.item(rendering, value, step);
      if (value instanceof Undefined && otherwise != null && !(otherwise instanceof Value.None)) {
        value = otherwise;
      }
    }
    return value;
  }

  private static Value attribute(Rendering rendering, Value value, Args args) {
    String name = rendering.string(Value.orNone(args.bind("attr", "name")[0])).chars();
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    Value attribute = Attributes.of(value, name);
    return attribute == null
        ? new Undefined(
            "'" + Operators.typeName(value) + " object' has no attribute '" + name + "'")
        : attribute;
  }

  /// Filters that take another filter's or test's name as an argument do nothing at all for a false
  /// value, not even complain about its type.
  private static Iterator<Value> elements(Rendering rendering, Value value) {
    return Operators.truth(value)
        ? rendering.operators.iterate(value)
        : Collections.emptyIterator();
  }

  private static Value map(Rendering rendering, Value value, Args args) {
    return Stream.lazy(() -> changed(rendering, elements(rendering, value), args));
  }

  private static Iterator<Value> changed(Rendering rendering, Iterator<Value> items, Args args) {
    if (!items.hasNext()) {
      return items;
    }
    Function<Value, Value> change = change(rendering, args);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return items.hasNext();
      }

      @Override
      public Value next() {
        rendering.budget.step();
        return change.apply(items.next());
      }
    };
  }

  private static Function<Value, Value> change(Rendering rendering, Args args) {
    if (args.positional().isEmpty() && args.named().containsKey("attribute")) {
      @Nullable Value[] bound = args.bind("map", "attribute default?");
      List<Value> path = Lookup.path(Value.orNone(bound[0]));
      return item -> followOr(rendering, item, path, bound[1]);
    }
    if (args.positional().isEmpty()) {
      throw JinjaException.evaluation("map requires a filter argument");
    }
    String filter = rendering.string(args.positional().getFirst()).chars();
    return item -> Filters.apply(rendering, filter, item, args.skip(1));
  }

  private static Predicate<Value> chosen(Rendering rendering, Args args) {
    if (args.positional().isEmpty()) {
      return Operators::truth;
    }
    String test = rendering.string(args.positional().getFirst()).chars();
    return item -> Tests.apply(rendering, test, item, args.skip(1));
  }

  private static Predicate<Value> chosenByAttribute(Rendering rendering, Args args) {
    if (args.positional().isEmpty()) {
      throw JinjaException.evaluation("Missing parameter for attribute name");
    }
    List<Value> path = Lookup.path(args.positional().getFirst());
    Predicate<Value> test = chosen(rendering, args.skip(1));
    return item -> test.test(Lookup.follow(rendering, item, path));
  }

  private static Value select(
      Rendering rendering, Value value, Supplier<Predicate<Value>> test, boolean wanted) {
    return Stream.lazy(() -> {
      if (!Operators.truth(value)) {
        return Collections.emptyIterator();
      }
      Predicate<Value> chosen = test.get();
      return matching(rendering, value, item -> chosen.test(item) == wanted);
    });
  }

  private static Iterator<Value> matching(Rendering rendering, Value value, Predicate<Value> test) {
    Iterator<Value> items = rendering.operators.iterate(value);
    return new Iterator<>() {
      private @Nullable Value ahead;

      @Override
      public boolean hasNext() {
        while (ahead == null && items.hasNext()) {
          rendering.budget.step();
          Value item = items.next();
          ahead = test.test(item) ? item : null;
        }
        return ahead != null;
      }

      @Override
      public Value next() {
        if (!hasNext() || ahead == null) {
          throw new NoSuchElementException();
        }
        Value item = ahead;
        ahead = null;
        return item;
      }
    };
  }
}
