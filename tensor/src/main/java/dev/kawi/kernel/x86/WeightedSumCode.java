package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;

import dev.kawi.kernel.x86.Assembler.Condition;
import dev.kawi.kernel.x86.Assembler.Label;
import dev.kawi.kernel.x86.Assembler.Mem;
import dev.kawi.tensor.StorageType;

// How it works. A tile is some rows of sums, each some vectors long, in registers. Each row of the
// matrix is loaded once (and widened), and meets one weight of every row of sums, repeated over the
// lanes:
//
//   for k: m = matrix[k]; for each row r: sum[r] = fma(weight[r, k], m, sum[r])

/// Code for sums of rows of a matrix: y[r] += weights[r, 0] m[0] + weights[r, 1] m[1] + ..., one
/// fma after another. Both halves of attention are this.
final class WeightedSumCode {
  // The arguments, 64-bit words in memory.
  static final int WEIGHTS = 0;
  static final int WEIGHTS_STRIDE = 8;
  static final int MATRIX = 16;
  static final int MATRIX_STRIDE = 24;
  static final int COUNT = 32;
  static final int Y = 40;
  static final int Y_STRIDE = 48;
  static final int CONTINUE = 56;

  private final Assembler a = new Assembler();
  private final StorageType type;
  private final int rows;
  private final int vectors;
  private final int bytes;

  private WeightedSumCode(StorageType type, int rows, int vectors, int bits) {
    this.type = type;
    this.rows = rows;
    this.vectors = vectors;
    bytes = bits / 8;
    a.width(bits);
  }

  /// Most rows of a tile.
  static int maxRows(int bits) {
    return bits == 512 ? 7 : 4;
  }

  /// Most vectors of a tile.
  static int maxVectors(int bits) {
    return bits == 512 ? 4 : 2;
  }

  /// Code for `rows` sums of `vectors` vectors over rows of F32 or F16.
  static byte[] of(StorageType type, int rows, int vectors, int bits) {
    WeightedSumCode code = new WeightedSumCode(type, rows, vectors, bits);
    code.emit();
    return code.a.toByteArray();
  }

  private void emit() {
    a.push(R12);
    a.load(RAX, Mem.at(RDI, WEIGHTS));
    a.load(RDX, Mem.at(RDI, WEIGHTS_STRIDE));
    a.load(RSI, Mem.at(RDI, MATRIX));
    a.load(R11, Mem.at(RDI, MATRIX_STRIDE));
    a.load(RCX, Mem.at(RDI, COUNT));
    if (rows > 3) {
      a.lea(R9, Mem.at(RDX, RDX, 2, 0));
      a.lea(R8, Mem.at(RAX, R9, 1, 0));
      a.lea(R9, Mem.at(R8, R9, 1, 0));
    }
    start();
    Label next = new Label();
    a.bind(next);
    for (int v = 0; v < vectors; v++) {
      load(v);
    }
    for (int r = 0; r < rows; r++) {
      product(r);
    }
    a.add(RSI, R11);
    for (int i = 0; i < rows; i += 3) {
      a.addImmediate(weightBase(i), 4);
    }
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, next);
    store();
    a.pop(R12);
    a.vzeroupper();
    a.ret();
  }

  // Three rows of weights are reached from one register, with an index of 0, 1 or 2 strides.

  private static int weightBase(int row) {
    return row < 3 ? RAX : row < 6 ? R8 : R9;
  }

  private static Mem weight(int row) {
    return row % 3 == 0 ? Mem.at(weightBase(row), 0) : Mem.at(weightBase(row), RDX, row % 3, 0);
  }

  private int sum(int row, int vector) {
    return row * vectors + vector;
  }

  private int matrix(int vector) {
    return rows * vectors + vector;
  }

  private void load(int v) {
    if (type == StorageType.F32) {
      a.vmovups(matrix(v), Mem.at(RSI, bytes * v));
    } else {
      a.vcvtph2ps(matrix(v), Mem.at(RSI, bytes / 2 * v));
    }
  }

  private void product(int r) {
    if (bytes == 64) {
      for (int v = 0; v < vectors; v++) {
        a.vfmadd231ps(sum(r, v), matrix(v), weight(r).repeated());
      }
    } else {
      int w = matrix(vectors);
      a.vbroadcastss(w, weight(r));
      for (int v = 0; v < vectors; v++) {
        a.vfmadd231ps(sum(r, v), matrix(v), w);
      }
    }
  }

  private void start() {
    Label fresh = new Label();
    Label done = new Label();
    a.load(R10, Mem.at(RDI, CONTINUE));
    a.test(R10, R10);
    a.jcc(Condition.EQUAL, fresh);
    for (int r = 0; r < rows; r++) {
      nextRow(r);
      for (int v = 0; v < vectors; v++) {
        a.vmovups(sum(r, v), Mem.at(R10, bytes * v));
      }
    }
    a.jmp(done);
    a.bind(fresh);
    for (int i = 0; i < rows * vectors; i++) {
      a.vpxor(i, i, i);
    }
    a.bind(done);
  }

  private void store() {
    for (int r = 0; r < rows; r++) {
      nextRow(r);
      for (int v = 0; v < vectors; v++) {
        a.vmovups(Mem.at(R10, bytes * v), sum(r, v));
      }
    }
  }

  private void nextRow(int r) {
    if (r == 0) {
      a.load(R10, Mem.at(RDI, Y));
      a.load(R12, Mem.at(RDI, Y_STRIDE));
    } else {
      a.add(R10, R12);
    }
  }
}
