package dev.kawi.nn;

import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.PackedMatrix;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

// How it works. Row t of a tensor belongs to token t of the step, unless the tensor was gathered
// (rows of an expert, rows whose logits are wanted): then the token of each of its rows is noted
// here, and so it is for whatever is computed from such a tensor. Each adapter's rows are put
// together, go through A and B as two ordinary products in F32, and are added to what the linear
// map gave. A row's sum is made in one order, whoever else is in the batch; rows without an adapter
// are not touched.

/// Which adapter each row of a tensor has in the current step, and what adapters add to linear
/// maps. A step without adapters costs the question whether it has any.
final class AdapterRows implements AutoCloseable {
  private static final int ROW_GRAIN = 4;

  private final Kernels kernels;
  private final ThreadTeam team;
  private final Scratch scratch = new Scratch();

  /// The adapters of the step.
  private final List<Adapter> adapters = new ArrayList<>();

  /// The token of each row of tensors that were gathered, and of what came of them.
  private final IdentityHashMap<Tensor, int[]> tokens = new IdentityHashMap<>();

  private @Nullable Step step;

  AdapterRows(Kernels kernels, ThreadTeam team) {
    this.kernels = kernels;
    this.team = team;
  }

  /// A step begins.
  void begin(Step step) {
    tokens.clear();
    adapters.clear();
    this.step = step;
    for (Adapter adapter : step.adapters()) {
      if (adapter != Adapter.NONE && !adapters.contains(adapter)) {
        adapters.add(adapter);
      }
    }
  }

  /// The tensors handed out so far end.
  void forget() {
    tokens.clear();
  }

  /// `y` is these rows of `x`.
  void gathered(Tensor x, int[] rows, Tensor y) {
    if (!adapters.isEmpty()) {
      int[] ofX = tokens.get(x);
      tokens.put(y, ofX == null ? rows : IntStream.of(rows).map(row -> ofX[row]).toArray());
    }
  }

  /// Row t of `y` is computed from row t of `x`.
  Tensor derived(Tensor x, Tensor y) {
    if (!tokens.isEmpty()) {
      int[] ofX = tokens.get(x);
      if (ofX != null) {
        tokens.put(y, ofX);
      }
    }
    return y;
  }

  /// Whether an adapter of the step changes this linear map.
  boolean change(Linear linear) {
    for (int i = 0; i < adapters.size(); i++) {
      if (adapters.get(i).of(linear) != null) {
        return true;
      }
    }
    return false;
  }

  /// Adds what adapters add to y = W x + b.
  void add(Linear linear, Tensor x, Tensor y) {
    for (int i = 0; i < adapters.size(); i++) {
      LowRank change = adapters.get(i).of(linear);
      if (change != null) {
        int[] rows = rowsOf(adapters.get(i), x);
        if (rows.length > 0) {
          scratch.reset();
          Tensor inner = multiply(change.a(), gather(x, rows));
          addScaled(change.scale(), multiply(change.b(), inner), rows, y);
        }
      }
    }
  }

  /// Adds what adapters add to rows of a table.
  void add(Embedding table, int[] ids, Tensor y) {
    for (int i = 0; i < adapters.size(); i++) {
      LowRank.OfTable change = adapters.get(i).of(table);
      if (change != null) {
        int[] rows = rowsOf(adapters.get(i), y);
        scratch.reset();
        Tensor inner = lookup(change.a(), ids, rows);
        addScaled(change.scale(), multiply(change.b(), inner), rows, y);
      }
    }
  }

  private int[] rowsOf(Adapter adapter, Tensor x) {
    Step current = FastExecutor.held(step);
    int[] ofX = tokens.get(x);
    if (ofX == null && x.rows() != current.numTokens()) {
      throw new IllegalStateException(
          "Bug: nobody knows the tokens of %d rows in a step of %d tokens with adapters"
              .formatted(x.rows(), current.numTokens()));
    }
    return IntStream.range(0, x.rows())
        .filter(row -> current.adapter(ofX == null ? row : ofX[row]) == adapter)
        .toArray();
  }

  private Tensor gather(Tensor x, int[] rows) {
    if (rows.length == x.rows()) {
      return x;
    }
    Tensor y = scratch.tensor(rows.length, x.cols());
    long bytes = (long) x.cols() * Float.BYTES;
    for (int i = 0; i < rows.length; i++) {
      MemorySegment.copy(x.data(), rows[i] * bytes, y.data(), i * bytes, bytes);
    }
    return y;
  }

  private Tensor lookup(Matrix table, int[] ids, int[] rows) {
    Tensor y = scratch.tensor(rows.length, table.cols());
    long bytes = table.rowBytes();
    for (int i = 0; i < rows.length; i++) {
      MemorySegment.copy(table.data(), ids[rows[i]] * bytes, y.data(), i * bytes, bytes);
    }
    return y;
  }

  private Tensor multiply(Matrix w, Tensor x) {
    PackedMatrix stored = PackedMatrix.stored(w);
    Tensor y = scratch.tensor(x.rows(), w.rows());
    team.run(
        Math.ceilDiv(w.rows(), Kernels.GROUP_ROWS),
        1,
        (from, to, worker) ->
            kernels.matmul(
                stored,
                x,
                null,
                null,
                y,
                from * Kernels.GROUP_ROWS,
                Math.min(w.rows(), to * Kernels.GROUP_ROWS),
                team.workspace(worker)));
    return y;
  }

  private void addScaled(float scale, Tensor x, int[] rows, Tensor y) {
    team.run(
        rows.length,
        ROW_GRAIN,
        (from, to, worker) -> {
          for (int i = from; i < to; i++) {
            kernels.addScaledRow(scale, x, i, y, rows[i]);
          }
        });
  }

  /// Bytes of memory for tensors that it holds.
  long bytes() {
    return scratch.bytes();
  }

  @Override
  public void close() {
    scratch.close();
  }
}
