package dev.kawi.gguf;

import dev.kawi.tensor.StorageType;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// A tensor of a GGUF file: what it is called, how it is stored and where it lies.
///
/// @param name the name, such as `blk.0.attn_q.weight`
/// @param ggmlId the number of its storage type in the file
/// @param shape its sizes, outermost first: `[rows, cols]` for a matrix. (The file has them the
///   other way round.)
/// @param offset its first byte in the file
/// @param part which file of a split model holds it, from 0
public record TensorInfo(String name, int ggmlId, List<Long> shape, long offset, int part) {
  /// Copies the shape.
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /// How it is stored; an error that names the type and the tensor when Kawi can't read it.
  public StorageType type() {
    return StorageType.ofGgmlId(ggmlId)
        .orElseThrow(() ->
            new ModelFormatException(
                "gguf: %s is stored as %s, which Kawi cannot read; it reads %s"
                    .formatted(name, typeName(), readableTypes())));
  }

  /// Whether Kawi can read the elements.
  public boolean readable() {
    return StorageType.ofGgmlId(ggmlId).isPresent();
  }

  /// The name of the storage type, also of one that Kawi cannot read.
  public String typeName() {
    return GgmlType.nameOf(ggmlId);
  }

  /// The number of rows: the product of all sizes but the innermost.
  public int rows() {
    long rows = 1;
    for (long size : shape.subList(0, shape.size() - 1)) {
      rows *= size;
    }
    return Math.toIntExact(rows);
  }

  /// The length of a row.
  public int cols() {
    return Math.toIntExact(shape.getLast());
  }

  /// The number of elements.
  public long elements() {
    return (long) rows() * cols();
  }

  /// The bytes it takes in the file, if the block layout of its type is known.
  public OptionalLong storedBytes() {
    return GgmlType.of(ggmlId).stream()
        .mapToLong(type -> elements() / type.blockSize() * type.blockBytes())
        .findFirst();
  }

  /// The bytes it takes in the file; an error if the block layout of its type is unknown.
  public long bytes() {
    return storedBytes()
        .orElseThrow(() ->
            new ModelFormatException(
                "gguf: the size of %s is unknown: its storage is %s".formatted(name, typeName())));
  }

  private static String readableTypes() {
    return Arrays.stream(StorageType.values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
