package dev.kawi.weights;

import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Supplier;

// How it works. A published tensor goes in and comes out as GGUF files have it: most as they are,
// some as slices of it, few as a copy. Copies are made when somebody asks for the bytes, so that a
// look into a folder costs nothing.

/// How publishers lay out the tensors that GGUF files have in another form: the second place, after
/// [HuggingFaceFamily], that knows of both. Source: `modify_tensors` in llama.cpp's conversion
/// scripts.
final class PublishedLayout {
  /// The vocabulary by which Baichuan 2 is known; its head has rows of length 1 only when used.
  private static final int VOCABULARY_OF_BAICHUAN2 = 125696;

  /// RoBERTa counts positions from the number of its padding token, 1, and one more.
  static final int UNUSED_POSITIONS = 2;

  private final HuggingFaceFamily family;
  private final boolean headOfUnitRows;
  private final Arena arena;

  /// A tensor under a name of GGUF.
  ///
  /// @param name the name
  /// @param type how it is stored
  /// @param shape sizes, outermost first
  /// @param data its bytes; a call may compute them
  record Laid(String name, StorageType type, List<Long> shape, Supplier<MemorySegment> data) {
    /// Copies the shape.
    Laid {
      shape = List.copyOf(shape);
    }

    TensorInfo info() {
      return new TensorInfo(name, type.ggmlId(), shape, 0, 0);
    }

    private int rows() {
      return info().rows();
    }

    private int cols() {
      return info().cols();
    }
  }

  /// The layout of a model.
  ///
  /// @param arena where copies go
  PublishedLayout(HuggingFaceConfig config, HuggingFaceFamily family, Arena arena) {
    this.family = family;
    this.arena = arena;
    this.headOfUnitRows =
        family == HuggingFaceFamily.BAICHUAN
            && config.integer("vocab_size").orElse(0) == VOCABULARY_OF_BAICHUAN2;
  }

  /// The tensor, or the tensors, as GGUF files have them.
  List<Laid> inGguf(Laid published) {
    String name = published.name();
    if (name.endsWith("ffn_gate_inp_shexp.weight")) {
      return List.of(row(published));
    }
    if (family.hasNormsLessOne() && name.endsWith("norm.weight") && published.shape().size() == 1) {
      return List.of(plusOne(published));
    }
    if (family == HuggingFaceFamily.XLM_ROBERTA && name.equals("position_embd.weight")) {
      return List.of(rowsFrom(published, UNUSED_POSITIONS));
    }
    if (headOfUnitRows && name.equals("output.weight")) {
      return List.of(unitRows(published));
    }
    return List.of(published);
  }

  /// The rows from this one on; nothing is copied.
  private static Laid rowsFrom(Laid matrix, int from) {
    long cols = matrix.cols();
    List<Long> shape = List.of(matrix.rows() - (long) from, cols);
    long skipped = from * matrix.type().bytes(cols);
    return new Laid(
        matrix.name(), matrix.type(), shape, () -> matrix.data().get().asSlice(skipped));
  }

  /// A matrix of one row as a vector.
  private static Laid row(Laid matrix) {
    return new Laid(matrix.name(), matrix.type(), List.of(matrix.info().elements()), matrix.data());
  }

  private Laid plusOne(Laid norm) {
    return computed(
        norm,
        row -> {
          for (int i = 0; i < row.length; i++) {
            row[i] += 1;
          }
        });
  }

  /// Each row divided by its length. Source: `NormHead` of Baichuan 2.
  private Laid unitRows(Laid matrix) {
    return computed(
        matrix,
        row -> {
          double squares = 0;
          for (float value : row) {
            squares += (double) value * value;
          }
          double length = Math.max(Math.sqrt(squares), 1e-12);
          for (int i = 0; i < row.length; i++) {
            row[i] = (float) (row[i] / length);
          }
        });
  }

  @FunctionalInterface
  private interface RowChange {
    void apply(float[] row);
  }

  /// A copy in F32 with each row changed.
  private Laid computed(Laid from, RowChange change) {
    Supplier<MemorySegment> copy =
        () -> {
          int cols = from.cols();
          long rowBytes = from.type().bytes(cols);
          MemorySegment stored = from.data().get();
          MemorySegment all = arena.allocate((long) from.rows() * cols * Float.BYTES, Float.BYTES);
          float[] row = new float[cols];
          for (long r = 0; r < from.rows(); r++) {
            Dequantize.row(from.type(), stored, r * rowBytes, MemorySegment.ofArray(row), 0, cols);
            change.apply(row);
            MemorySegment.copy(row, 0, all, ValueLayout.JAVA_FLOAT, r * cols * Float.BYTES, cols);
          }
          return all;
        };
    return new Laid(from.name(), StorageType.F32, from.shape(), copy);
  }
}
