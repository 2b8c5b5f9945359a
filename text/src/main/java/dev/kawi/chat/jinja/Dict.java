package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Value.Bool;
import dev.kawi.chat.jinja.Value.Int;
import dev.kawi.chat.jinja.Value.Real;
import dev.kawi.chat.jinja.Value.Tuple;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Python's `dict`: ordered, with keys that are equal when Python says so (`1`, `1.0` and `True`
/// are one key).
final class Dict implements Value {
  /// A key as it was first written, with its value.
  record Entry(Value key, Value value) {}

  private final Map<Object, Entry> entries = new LinkedHashMap<>();

  static Dict of(Map<String, Value> named) {
    Dict dict = new Dict();
    named.forEach((name, value) -> dict.put(Text.trusted(name), value));
    return dict;
  }

  void put(Value key, Value value) {
    entries.merge(
        key(key), new Entry(key, value), (old, fresh) -> new Entry(old.key(), fresh.value()));
  }

  void putAll(Dict other) {
    other.entries().forEach(e -> put(e.key(), e.value()));
  }

  /// The value, or null when there is none. Fails for a key that cannot be hashed.
  @Nullable Value get(Value key) {
    Entry entry = entries.get(key(key));
    return entry == null ? null : entry.value();
  }

  @Nullable Value get(String key) {
    Entry entry = entries.get(key);
    return entry == null ? null : entry.value();
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  int size() {
    return entries.size();
  }

  List<Value> keys() {
    return new ArrayList<>(entries.values().stream().map(Entry::key).toList());
  }

  List<Value> values() {
    return new ArrayList<>(entries.values().stream().map(Entry::value).toList());
  }

  List<Value> items() {
    List<Value> items = new ArrayList<>(size());
    entries.values().forEach(e -> items.add(Tuple.of(e.key(), e.value())));
    return items;
  }

  /// Whether a value can be a key: everything but lists and dicts, and tuples that hold them.
  static boolean isHashable(Value value) {
    return switch (value) {
      case Dict d -> false;
      case Value.ListValue l -> false;
      case Tuple tuple -> tuple.items().stream().allMatch(Dict::isHashable);
      case DictView view -> false;
      default -> true;
    };
  }

  /// A Java object that is equal for keys that Python holds equal.
  static Object key(Value value) {
    return switch (value) {
      case Text text -> text.chars();
      case Bool bool -> BigDecimal.valueOf(bool.value() ? 1 : 0);
      case Int i -> new BigDecimal(i.value());
      case Real real -> realKey(real.value());
      case Tuple tuple -> tuple.items().stream().map(Dict::key).toList();
      case Undefined u -> Undefined.class;
      case Value.None none -> Value.NONE;
      case Value.Range range -> List.of("range", range);
      case Value.Stream stream -> stream;
      case DictView view -> throw unhashable("dict_items");
      case Obj object -> object;
      case Dict d -> throw unhashable("dict");
      case Value.ListValue l -> throw unhashable("list");
    };
  }

  private static Object realKey(double value) {
    if (value != Math.rint(value) || Double.isInfinite(value)) {
      return value;
    }
    return new BigDecimal(new BigDecimal(value).toBigInteger());
  }

  private static JinjaException unhashable(String type) {
    return JinjaException.evaluation("unhashable type: '" + type + "'");
  }
}
