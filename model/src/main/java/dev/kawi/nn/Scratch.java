package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

// How it works. Layers make the same tensors in the same order, step after step, so the n-th tensor
// of a layer gets the same memory each time, and as long as its shape is the same, the same object:
// nothing is allocated. `reset` starts the count anew. Memory of a place grows to the largest
// tensor
// seen there.

/// Memory for the tensors of a step, reused from layer to layer and from step to step.
final class Scratch implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final List<Place> places = new ArrayList<>();
  private int next;

  private static final class Place {
    MemorySegment memory = MemorySegment.NULL;
    Tensor tensor = new Tensor(MemorySegment.NULL, 0, 0);
  }

  /// Forgets the tensors handed out.
  void reset() {
    next = 0;
  }

  /// A tensor with undefined content, valid until the next reset.
  Tensor tensor(int rows, int cols) {
    if (next == places.size()) {
      places.add(new Place());
    }
    Place place = places.get(next++);
    if (place.tensor.rows() != rows || place.tensor.cols() != cols) {
      long bytes = (long) rows * cols * Float.BYTES;
      if (place.memory.byteSize() < bytes) {
        place.memory = arena.allocate(bytes, 64);
      }
      place.tensor = new Tensor(place.memory, rows, cols);
    }
    return place.tensor;
  }

  @Override
  public void close() {
    arena.close();
  }
}
