package dev.kawi.gguf;

import java.util.Optional;

/// The types of metadata values in a GGUF file, with their numbers there. Source: the GGUF
/// specification (`docs/gguf.md` of ggml).
public enum MetadataType {
  U8(0, 1),
  I8(1, 1),
  U16(2, 2),
  I16(3, 2),
  U32(4, 4),
  I32(5, 4),
  F32(6, 4),
  BOOL(7, 1),
  STRING(8, 8),
  ARRAY(9, 12),
  U64(10, 8),
  I64(11, 8),
  F64(12, 8);

  private final int id;
  private final int minBytes;

  MetadataType(int id, int minBytes) {
    this.id = id;
    this.minBytes = minBytes;
  }

  /// The number of this type in the file.
  int id() {
    return id;
  }

  /// The fewest bytes that a value takes; all of them for a number.
  int minBytes() {
    return minBytes;
  }

  static Optional<MetadataType> of(int id) {
    for (MetadataType type : values()) {
      if (type.id == id) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /// The type under which a value is written when nothing else is known about it. For an array, the
  /// type of its elements.
  static MetadataType infer(Object value) {
    return switch (value) {
      case Byte _, byte[] _ -> I8;
      case Short _, short[] _ -> I16;
      case Integer _, int[] _ -> I32;
      case Long _, long[] _ -> I64;
      case Float _, float[] _ -> F32;
      case Double _, double[] _ -> F64;
      case Boolean _, boolean[] _ -> BOOL;
      case String _ -> STRING;
      case java.util.List<?> list ->
          list.isEmpty() || list.getFirst() instanceof String ? STRING : ARRAY;
      default ->
          throw new IllegalArgumentException(
              "gguf: metadata cannot hold a " + value.getClass().getName());
    };
  }
}
