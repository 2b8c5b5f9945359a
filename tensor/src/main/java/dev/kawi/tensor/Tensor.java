package dev.kawi.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A matrix of 32-bit floats, row by row without gaps, off the Java heap: [rows, cols]. A vector is
/// a matrix of one row. A tensor is a view; who opened its arena closes it.
public final class Tensor {
  private final MemorySegment data;
  private final int rows;
  private final int cols;

  /// Views `data`, which must hold at least rows x cols floats, as a matrix.
  public Tensor(MemorySegment data, int rows, int cols) {
    long bytes = (long) rows * cols * Float.BYTES;
    if (rows < 0 || cols < 0 || data.byteSize() < bytes) {
      throw new IllegalArgumentException(
          "a tensor of [%d, %d] needs %d bytes, the memory has %d"
              .formatted(rows, cols, bytes, data.byteSize()));
    }
    this.data = data.byteSize() == bytes ? data : data.asSlice(0, bytes);
    this.rows = rows;
    this.cols = cols;
  }

  /// A tensor of zeros in this arena.
  public static Tensor zeros(Arena arena, int rows, int cols) {
    return new Tensor(arena.allocate((long) rows * cols * Float.BYTES, 64), rows, cols);
  }

  /// A copy of `values`, row by row, which the garbage collector frees.
  public static Tensor of(float[] values, int rows, int cols) {
    if (values.length != (long) rows * cols) {
      throw new IllegalArgumentException(
          "a tensor of [%d, %d] needs %d values, found %d"
              .formatted(rows, cols, (long) rows * cols, values.length));
    }
    Tensor tensor = zeros(Arena.ofAuto(), rows, cols);
    MemorySegment.copy(values, 0, tensor.data, ValueLayout.JAVA_FLOAT, 0, values.length);
    return tensor;
  }

  /// The memory, row by row.
  public MemorySegment data() {
    return data;
  }

  /// Number of rows.
  public int rows() {
    return rows;
  }

  /// Floats in a row.
  public int cols() {
    return cols;
  }

  /// Number of floats.
  public long size() {
    return (long) rows * cols;
  }

  /// The value at a place.
  public float get(int row, int col) {
    return data.getAtIndex(ValueLayout.JAVA_FLOAT, index(row, col));
  }

  /// Sets the value at a place.
  public void set(int row, int col, float value) {
    data.setAtIndex(ValueLayout.JAVA_FLOAT, index(row, col), value);
  }

  /// A view of `count` rows from row `from`.
  public Tensor slice(int from, int count) {
    long rowBytes = (long) cols * Float.BYTES;
    return new Tensor(data.asSlice(from * rowBytes, count * rowBytes), count, cols);
  }

  /// A copy of a row.
  public float[] row(int row) {
    float[] values = new float[cols];
    copyRow(row, values);
    return values;
  }

  /// Copies a row into `to`.
  public void copyRow(int row, float[] to) {
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, index(row, 0) * Float.BYTES, to, 0, cols);
  }

  /// A copy of all values, row by row.
  public float[] toArray() {
    return data.toArray(ValueLayout.JAVA_FLOAT);
  }

  /// A copy with rows and columns exchanged, which the garbage collector frees.
  public Tensor transposed() {
    Tensor turned = zeros(Arena.ofAuto(), cols, rows);
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        turned.set(col, row, get(row, col));
      }
    }
    return turned;
  }

  private long index(int row, int col) {
    if (row < 0 || row >= rows || col < 0 || col >= cols) {
      throw new IndexOutOfBoundsException(
          "[%d, %d] is outside a tensor of [%d, %d]".formatted(row, col, rows, cols));
    }
    return (long) row * cols + col;
  }

  @Override
  public String toString() {
    return "Tensor[" + rows + ", " + cols + "]";
  }
}
