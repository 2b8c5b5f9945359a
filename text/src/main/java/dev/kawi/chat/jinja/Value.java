package dev.kawi.chat.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A value as Python would have it. Templates run in the immutable sandbox, so lists and dicts
/// never change; only a [Namespace] does.
sealed interface Value
    permits Text,
        Value.None,
        Value.Bool,
        Value.Int,
        Value.Real,
        Value.Sequence,
        Dict,
        Value.Stream,
        Undefined,
        Obj {

  /// Python's `None`.
  record None() implements Value {}

  Value NONE = new None();
  Bool TRUE = new Bool(true);
  Bool FALSE = new Bool(false);

  static Bool bool(boolean value) {
    return value ? TRUE : FALSE;
  }

  static Int integer(long value) {
    return new Int(BigInteger.valueOf(value));
  }

  /// Python's `bool`, which is also a number.
  record Bool(boolean value) implements Value {}

  /// Python's unbounded `int`; [Operators] bounds it.
  record Int(BigInteger value) implements Value {}

  /// Python's `float`.
  record Real(double value) implements Value {}

  /// What has a length and can be indexed with a number, other than a string.
  sealed interface Sequence extends Value {
    int size();

    Value get(int index);
  }

  /// Python's `list`.
  record ListValue(List<Value> items) implements Sequence {
    @Override
    public int size() {
      return items.size();
    }

    @Override
    public Value get(int index) {
      return items.get(index);
    }
  }

  /// Python's `tuple`; `names` is empty but for the pairs of `groupby`, whose parts have names.
  record Tuple(List<Value> items, List<String> names) implements Sequence {
    Tuple(List<Value> items) {
      this(items, List.of());
    }

    static Tuple of(Value... items) {
      return new Tuple(List.of(items));
    }

    @Override
    public int size() {
      return items.size();
    }

    @Override
    public Value get(int index) {
      return items.get(index);
    }
  }

  /// Python's `range`.
  record Range(long start, long stop, long step) implements Sequence {
    @Override
    public int size() {
      if (step > 0) {
        return start < stop ? (int) ((stop - start - 1) / step + 1) : 0;
      }
      return start > stop ? (int) ((start - stop - 1) / -step + 1) : 0;
    }

    @Override
    public Value get(int index) {
      return integer(start + index * step);
    }
  }

  /// A generator or another iterator: passes once. `typeName` is what Python calls it.
  final class Stream implements Value {
    final Iterator<Value> items;
    final String typeName;

    Stream(String typeName, Iterator<Value> items) {
      this.typeName = typeName;
      this.items = items;
    }

    static Stream generator(Iterator<Value> items) {
      return new Stream("generator", items);
    }

    /// A generator whose body, errors included, runs when it is first asked for an item.
    static Stream lazy(Supplier<Iterator<Value>> body) {
      return generator(
          new Iterator<>() {
            private @Nullable Iterator<Value> started;

            private Iterator<Value> started() {
              Iterator<Value> items = started == null ? body.get() : started;
              started = items;
              return items;
            }

            @Override
            public boolean hasNext() {
              return started().hasNext();
            }

            @Override
            public Value next() {
              return started().next();
            }
          });
    }
  }

  /// The value, or Python's `None` where a filter's optional argument was left out.
  static Value orNone(@Nullable Value value) {
    return value == null ? NONE : value;
  }
}
