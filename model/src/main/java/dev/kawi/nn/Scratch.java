package dev.kawi.nn;

import dev.kawi.kernel.Bf16Rows;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

// How it works. Layers make the same tensors in the same order, step after step, so the n-th tensor
// of a layer gets the same memory each time, and as long as its shape is the same, the same object:
// nothing is allocated. `reset` starts the count anew. Memory of a place grows to the largest
// tensor seen there.

/// Memory for the tensors of a step, reused from layer to layer and from step to step.
final class Scratch implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final List<Place> places = new ArrayList<>();
  private int next;

  private static final class Place {
    MemorySegment memory = MemorySegment.NULL;
    Tensor tensor = new Tensor(MemorySegment.NULL, 0, 0);
    RoundedRows rounded = new RoundedRows(0, 0, MemorySegment.NULL);
    Bf16Rows bf16 = new Bf16Rows(0, 0, MemorySegment.NULL);
  }

  /// Forgets the tensors handed out.
  void reset() {
    next = 0;
  }

  /// A tensor with undefined content, valid until the next reset.
  Tensor tensor(int rows, int cols) {
    Place place = place();
    if (place.tensor.rows() != rows || place.tensor.cols() != cols) {
      place.tensor = new Tensor(memory(place, (long) rows * cols * Float.BYTES), rows, cols);
    }
    return place.tensor;
  }

  /// Rounded rows with undefined content, valid until the next reset.
  RoundedRows rounded(int rows, int cols) {
    Place place = place();
    if (place.rounded.rows() != rows || place.rounded.cols() != cols) {
      place.rounded = new RoundedRows(rows, cols, memory(place, RoundedRows.bytes(rows, cols)));
    }
    return place.rounded;
  }

  /// Rows in BF16 with undefined content, valid until the next reset.
  Bf16Rows bf16(int rows, int cols) {
    Place place = place();
    if (place.bf16.rows() != rows || place.bf16.cols() != cols) {
      place.bf16 = new Bf16Rows(rows, cols, memory(place, Bf16Rows.bytes(rows, cols)));
    }
    return place.bf16;
  }

  private Place place() {
    if (next == places.size()) {
      places.add(new Place());
    }
    return places.get(next++);
  }

  private MemorySegment memory(Place place, long bytes) {
    if (place.memory.byteSize() < bytes) {
      place.memory = arena.allocate(bytes, 64);
      place.tensor = new Tensor(MemorySegment.NULL, 0, 0);
      place.rounded = new RoundedRows(0, 0, MemorySegment.NULL);
      place.bf16 = new Bf16Rows(0, 0, MemorySegment.NULL);
    }
    return place.memory;
  }

  @Override
  public void close() {
    arena.close();
  }
}
