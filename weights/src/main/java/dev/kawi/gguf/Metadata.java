package dev.kawi.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The key-value pairs of a GGUF file, in file order, immutable. Values are `Byte`, `Short`,
/// `Integer`, `Long` (unsigned types widened to the next larger Java type: u8 and u16 as `Integer`,
/// u32 as `Long`, u64 as `Long` that must not be negative), `Float`, `Double`, `Boolean`, `String`,
/// or an array of one of them (`byte[]`, `short[]`, `int[]`, `long[]`, `float[]`, `double[]`,
/// `boolean[]`, `List<String>`, `List<Object>` for arrays of arrays).
///
/// The readers below convert between number types where the value fits, and say which key holds
/// what when it does not.
public final class Metadata {
  private final Map<String, Object> values;

  /// Wraps a copy of these values.
  public Metadata(Map<String, ?> values) {
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /// All pairs in file order.
  public Map<String, Object> asMap() {
    return values;
  }

  /// Whether the key is present.
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /// The string at this key.
  public Optional<String> string(String key) {
    return Optional.ofNullable(values.get(key)).map(v -> cast(key, v, String.class));
  }

  /// The boolean at this key.
  public Optional<Boolean> bool(String key) {
    return Optional.ofNullable(values.get(key)).map(v -> cast(key, v, Boolean.class));
  }

  /// The whole number at this key, which must fit an `int`.
  public Optional<Integer> integer(String key) {
    return Optional.ofNullable(values.get(key))
        .map(v -> {
          if (v instanceof Number n && !(v instanceof Float) && !(v instanceof Double)) {
            long value = n.longValue();
            if (value == (int) value) {
              return (int) value;
            }
          }
          throw wrong(key, v, "a whole number of 32 bits");
        });
  }

  /// The number at this key as a `float`.
  public Optional<Float> number(String key) {
    return Optional.ofNullable(values.get(key)).map(v -> cast(key, v, Number.class).floatValue());
  }

  /// The strings at this key.
  public Optional<List<String>> strings(String key) {
    return Optional.ofNullable(values.get(key))
        .map(v -> {
          if (v instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String.class::cast).toList();
          }
          throw wrong(key, v, "an array of strings");
        });
  }

  /// The whole numbers at this key, each of which must fit an `int`.
  public Optional<int[]> integers(String key) {
    return Optional.ofNullable(values.get(key))
        .map(v ->
            switch (v) {
              case int[] a -> a.clone();
              case long[] a -> narrow(key, a);
              case short[] a -> widen(a);
              case byte[] a -> widen(a);
              case List<?> list when list.isEmpty() -> new int[0];
              default -> throw wrong(key, v, "an array of whole numbers");
            });
  }

  /// The numbers at this key.
  public Optional<float[]> numbers(String key) {
    return Optional.ofNullable(values.get(key))
        .map(v ->
            switch (v) {
              case float[] a -> a.clone();
              case double[] a -> narrow(a);
              case List<?> list when list.isEmpty() -> new float[0];
              default -> throw wrong(key, v, "an array of numbers");
            });
  }

  private static int[] narrow(String key, long[] from) {
    int[] to = new int[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = (int) from[i];
      if (to[i] != from[i]) {
        throw wrong(key, from, "an array of whole numbers of 32 bits");
      }
    }
    return to;
  }

  private static int[] widen(short[] from) {
    int[] to = new int[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
    return to;
  }

  private static int[] widen(byte[] from) {
    int[] to = new int[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
    return to;
  }

  private static float[] narrow(double[] from) {
    float[] to = new float[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = (float) from[i];
    }
    return to;
  }

  private static <T> T cast(String key, Object value, Class<T> type) {
    if (!type.isInstance(value)) {
      throw wrong(key, value, "a " + type.getSimpleName().toLowerCase(java.util.Locale.ROOT));
    }
    return type.cast(value);
  }

  private static ModelFormatException wrong(String key, Object value, String expected) {
    String text = value.getClass().isArray() ? value.getClass().getSimpleName() : value.toString();
    String found = text.length() > 80 ? text.substring(0, 80) + "..." : text;
    return new ModelFormatException(
        "gguf: %s must be %s, found %s (%s)"
            .formatted(key, expected, found, value.getClass().getSimpleName()));
  }
}
