package dev.kawi.tensor;

import java.lang.foreign.MemorySegment;

/// A stored matrix of weights: [rows, cols], each row a whole number of blocks of its type, row by
/// row without gaps. Borrowed memory, usually a mapped file.
///
/// @param type how elements are stored
/// @param rows outputs of the linear map
/// @param cols inputs of the linear map
/// @param data exactly the bytes of the matrix
public record Matrix(StorageType type, int rows, int cols, MemorySegment data) {
  /// Checks that the bytes are there.
  public Matrix {
    long bytes = Math.multiplyExact(type.bytes(cols), rows);
    if (rows < 0 || data.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "a %s matrix of [%d, %d] is %d bytes, found %d"
              .formatted(type, rows, cols, bytes, data.byteSize()));
    }
  }

  /// Bytes in a row.
  public long rowBytes() {
    return type.bytes(cols);
  }

  /// A view of `count` rows from row `from`: the way fused matrices are taken apart.
  public Matrix rows(int from, int count) {
    if (from < 0 || count < 0 || from + (long) count > rows) {
      throw new IndexOutOfBoundsException(
          "rows %d to %d of a matrix of %d rows".formatted(from, from + (long) count, rows));
    }
    return new Matrix(type, count, cols, data.asSlice(from * rowBytes(), count * rowBytes()));
  }
}
