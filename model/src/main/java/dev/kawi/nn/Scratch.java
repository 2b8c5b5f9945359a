package dev.kawi.nn;

import dev.kawi.kernel.Bf16Rows;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

// How it works. Layers make the same tensors in the same order, step after step, so memory is
// handed
// out from one block by a counter, and the n-th tensor of a layer, as long as its place and its
// shape are the same, is the same object: nothing is allocated. What does not fit in the block gets
// memory of its own until the next `reset`, which replaces the block by one that has room for all
// of
// it. So after a reset there is one block, as large as the largest need seen.

/// Memory for the tensors of a step, reused from layer to layer and from step to step.
final class Scratch implements AutoCloseable {
  private static final long ALIGNMENT = 64;
  private static final Tensor NO_TENSOR = new Tensor(MemorySegment.NULL, 0, 0);
  private static final RoundedRows NO_LEVELS = new RoundedRows(0, 0, MemorySegment.NULL);
  private static final Bf16Rows NO_BF16 = new Bf16Rows(0, 0, MemorySegment.NULL);

  /// Parts of a step that make different tensors, each step the same.
  enum Part {
    /// The embeddings and the first block.
    FIRST,
    /// Another block.
    BLOCK,
    /// The head.
    HEAD
  }

  private final Map<Part, List<Place>> placesOfParts = new EnumMap<>(Part.class);
  private List<Place> places = new ArrayList<>();
  private final List<Arena> overflow = new ArrayList<>();
  private Arena arena = Arena.ofShared();
  private MemorySegment block = MemorySegment.NULL;
  private int next;
  private long used;

  /// The n-th tensor since a reset, where it lies in the block, and the objects that view it.
  private static final class Place {
    long from = -1;
    Tensor tensor = NO_TENSOR;
    RoundedRows rounded = NO_LEVELS;
    Bf16Rows bf16 = NO_BF16;

    void moveTo(long offset) {
      from = offset;
      tensor = NO_TENSOR;
      rounded = NO_LEVELS;
      bf16 = NO_BF16;
    }
  }

  /// Forgets the tensors handed out.
  void reset() {
    reset(Part.FIRST);
  }

  /// Forgets the tensors handed out; those that follow are of this part of a step.
  void reset(Part part) {
    next = 0;
    if (!overflow.isEmpty()) {
      enlarge();
    }
    used = 0;
    places = placesOfParts.computeIfAbsent(part, _ -> new ArrayList<>());
  }

  @SuppressWarnings("MustBeClosed") // closed by close
  private void enlarge() {
    overflow.forEach(Arena::close);
    overflow.clear();
    placesOfParts.clear();
    arena.close();
    arena = Arena.ofShared();
    block = arena.allocate(used, ALIGNMENT);
  }

  /// Bytes that it holds.
  long bytes() {
    return Math.max(used, block.byteSize());
  }

  /// A tensor with undefined content, valid until the next reset.
  Tensor tensor(int rows, int cols) {
    Place place = place((long) rows * cols * Float.BYTES);
    if (place.tensor.rows() != rows || place.tensor.cols() != cols) {
      place.tensor = new Tensor(memory(place, (long) rows * cols * Float.BYTES), rows, cols);
    }
    return place.tensor;
  }

  /// Rounded rows with undefined content, valid until the next reset.
  RoundedRows rounded(int rows, int cols) {
    Place place = place(RoundedRows.bytes(rows, cols));
    if (place.rounded.rows() != rows || place.rounded.cols() != cols) {
      place.rounded = new RoundedRows(rows, cols, memory(place, RoundedRows.bytes(rows, cols)));
    }
    return place.rounded;
  }

  /// Rows in BF16 with undefined content, valid until the next reset.
  Bf16Rows bf16(int rows, int cols) {
    Place place = place(Bf16Rows.bytes(rows, cols));
    if (place.bf16.rows() != rows || place.bf16.cols() != cols) {
      place.bf16 = new Bf16Rows(rows, cols, memory(place, Bf16Rows.bytes(rows, cols)));
    }
    return place.bf16;
  }

  /// The next place, which begins where the one before it ends.
  private Place place(long bytes) {
    if (next == places.size()) {
      places.add(new Place());
    }
    Place place = places.get(next++);
    boolean inBlock = used + bytes <= block.byteSize();
    if (place.from != used || !inBlock) {
      place.moveTo(used);
    }
    used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return place;
  }

  @SuppressWarnings("MustBeClosed") // closed by enlarge and close
  private MemorySegment memory(Place place, long bytes) {
    if (place.from + bytes <= block.byteSize()) {
      return block.asSlice(place.from, bytes);
    }
    Arena own = Arena.ofShared();
    overflow.add(own);
    return own.allocate(bytes, ALIGNMENT);
  }

  @Override
  public void close() {
    overflow.forEach(Arena::close);
    arena.close();
  }
}
