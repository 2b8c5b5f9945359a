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
  private final Map<String, MetadataType> types;

  /// Wraps a copy of these values. Each is written with the type of its Java class: a `Long` as
  /// I64. A [Builder] can say otherwise.
  public Metadata(Map<String, ?> values) {
    this(values, Map.of());
  }

  private Metadata(Map<String, ?> values, Map<String, MetadataType> types) {
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    this.types = Map.copyOf(types);
  }

  /// Wraps values with their types in the file (of an array, the type of its elements).
  static Metadata ofTyped(Map<String, ?> values, Map<String, MetadataType> types) {
    return new Metadata(values, types);
  }

  /// Starts with no pairs.
  public static Builder builder() {
    return new Builder();
  }

  /// Starts with the pairs of this metadata and their types.
  public Builder toBuilder() {
    Builder builder = new Builder();
    values.forEach((key, value) -> builder.put(key, typeOf(key).orElseThrow(), value));
    return builder;
  }

  /// The type under which the value at this key is written; of an array, the type of its elements.
  public Optional<MetadataType> typeOf(String key) {
    return Optional.ofNullable(values.get(key))
        .map(value -> types.getOrDefault(key, MetadataType.infer(value)));
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

  /// The booleans at this key.
  public Optional<boolean[]> bools(String key) {
    return Optional.ofNullable(values.get(key)).map(v -> cast(key, v, boolean[].class).clone());
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

  /// Collects pairs for a file to be written, each with the type that readers of the format expect:
  /// llama.cpp takes a number only in the type it was specified with.
  public static final class Builder {
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, MetadataType> types = new LinkedHashMap<>();

    private Builder() {}

    /// Sets a string.
    public Builder string(String key, String value) {
      return put(key, MetadataType.STRING, value);
    }

    /// Sets a boolean.
    public Builder bool(String key, Boolean value) {
      return put(key, MetadataType.BOOL, value);
    }

    /// Sets an unsigned number of 8 bits.
    public Builder u8(String key, int value) {
      return put(key, MetadataType.U8, Math.toIntExact(inRange(key, value, 0xFF)));
    }

    /// Sets an unsigned number of 16 bits.
    public Builder u16(String key, int value) {
      return put(key, MetadataType.U16, Math.toIntExact(inRange(key, value, 0xFFFF)));
    }

    /// Sets an unsigned number of 32 bits, as most sizes are.
    public Builder u32(String key, long value) {
      return put(key, MetadataType.U32, inRange(key, value, 0xFFFF_FFFFL));
    }

    /// Sets an unsigned number of 64 bits.
    public Builder u64(String key, long value) {
      return put(key, MetadataType.U64, inRange(key, value, Long.MAX_VALUE));
    }

    /// Sets a signed number of 8 bits.
    public Builder i8(String key, byte value) {
      return put(key, MetadataType.I8, value);
    }

    /// Sets a signed number of 16 bits.
    public Builder i16(String key, short value) {
      return put(key, MetadataType.I16, value);
    }

    /// Sets a signed number of 32 bits.
    public Builder i32(String key, int value) {
      return put(key, MetadataType.I32, value);
    }

    /// Sets a signed number of 64 bits.
    public Builder i64(String key, long value) {
      return put(key, MetadataType.I64, value);
    }

    /// Sets a number of single precision.
    public Builder f32(String key, float value) {
      return put(key, MetadataType.F32, value);
    }

    /// Sets a number of double precision.
    public Builder f64(String key, double value) {
      return put(key, MetadataType.F64, value);
    }

    /// Sets an array of strings.
    public Builder strings(String key, List<String> values) {
      return put(key, MetadataType.STRING, List.copyOf(values));
    }

    /// Sets an array of signed numbers of 32 bits.
    public Builder i32s(String key, int... values) {
      return put(key, MetadataType.I32, values.clone());
    }

    /// Sets an array of unsigned numbers of 32 bits.
    public Builder u32s(String key, long... values) {
      for (long value : values) {
        inRange(key, value, 0xFFFF_FFFFL);
      }
      return put(key, MetadataType.U32, values.clone());
    }

    /// Sets an array of unsigned numbers of 8 bits.
    public Builder u8s(String key, int... values) {
      for (int value : values) {
        inRange(key, value, 0xFF);
      }
      return put(key, MetadataType.U8, values.clone());
    }

    /// Sets an array of numbers of single precision.
    public Builder f32s(String key, float... values) {
      return put(key, MetadataType.F32, values.clone());
    }

    /// Sets an array of booleans.
    public Builder bools(String key, boolean... values) {
      return put(key, MetadataType.BOOL, values.clone());
    }

    /// Sets any value that metadata can hold, with the type of its Java class.
    public Builder put(String key, Object value) {
      return put(key, MetadataType.infer(value), value);
    }

    /// Takes a pair away, if it is there.
    public Builder remove(String key) {
      values.remove(key);
      types.remove(key);
      return this;
    }

    /// The metadata, in the order in which the keys were first set.
    public Metadata build() {
      return new Metadata(values, types);
    }

    Builder put(String key, MetadataType type, Object value) {
      values.put(key, value);
      types.put(key, type);
      return this;
    }

    private static long inRange(String key, long value, long max) {
      if (value < 0 || value > max) {
        throw new IllegalArgumentException(
            "gguf: metadata %s must be 0 to %d, found %d".formatted(key, max, value));
      }
      return value;
    }
  }
}
