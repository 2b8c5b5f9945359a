package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;

import dev.kawi.kernel.x86.Assembler.Condition;
import dev.kawi.kernel.x86.Assembler.Label;
import dev.kawi.kernel.x86.Assembler.Mem;
import dev.kawi.tensor.StorageType;

// How it works. A tile is some rows of w and some rows of x, and for each pair of them a sum of
// sixteen lanes along k, so both operands are whole vectors as they lie in memory:
//
//   for k in steps of 16:
//     load 16 elements of each row of w (widened to f32), then for each row of x:
//       sum[r, t] = fma(w[r], x[t], sum[r, t])
//   the elements past the last 16: the same under a mask
//   fold the lanes of each sum, and store
//
// Weights in BF16 are taken 32 at a time, as the definition orders them: where the processor
// multiplies pairs of BF16 (`vdpbf16ps`), one instruction adds the odd and then the even elements
// of 32; elsewhere the odd elements are cut out of the pairs, then the even ones, and meet
// activations that lie in that order as floats.
//
// Four sums are folded together: halves are added after the pieces of two sums are brought into one
// register, so that fifteen additions become four times less. The pairs that are added, and so the
// bits, are those of the definition. With AVX2 a sum has two registers, for lanes 0 to 7 and 8 to
// 15.

/// Code for a tile of the product of two matrices whose rows lie along k: w in F32, F16 or BF16, x
/// in F32 or, for BF16, as [dev.kawi.kernel.Bf16Rows] has it.
final class DenseCode {
  // The arguments, 64-bit words in memory.
  static final int W = 0;
  static final int W_STRIDE = 8;
  static final int ROW_TILES = 16;
  static final int X = 24;
  static final int X_STRIDE = 32;
  static final int STEPS = 40;
  static final int TAIL = 48;
  static final int Y = 56;
  static final int Y_STRIDE = 64;
  static final int BIAS = 72;
  static final int CONSTANTS = 80;

  /// The first lane of each quarter of a vector, as indices; then what cuts out the upper half of a
  /// word.
  static final int[] CONSTANT_WORDS = {
    0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0xFFFF_0000
  };

  private static final int UPPER_HALF = 64;

  private static final int LINE = 64;

  private final Assembler a = new Assembler();
  private final StorageType type;
  private final int rows;
  private final int tokens;
  private final int lanes;
  private final int parts;
  private final boolean dot;
  private final boolean cut;

  // Vector registers: the sums, then one for each row of w, then those of x and of folding, then
  // what cuts BF16 out of pairs.
  private final int w;
  private final int t0;
  private final int t1;
  private final int upperHalf;
  private int part;

  /// Whether code for the even elements of pairs is being written, not for the odd ones.
  private boolean even;

  private DenseCode(StorageType type, int rows, int tokens, InstructionSet set) {
    this.type = type;
    this.rows = rows;
    this.tokens = tokens;
    lanes = set.bits() / 32;
    parts = 16 / lanes;
    dot = type == StorageType.BF16 && set == InstructionSet.AVX512_BF16;
    cut = type == StorageType.BF16 && !dot;
    w = rows * tokens * parts;
    t0 = w + (tokens == 1 ? 1 : rows);
    t1 = t0 + 1;
    upperHalf = t1 + 1;
    a.width(set.bits());
  }

  /// Elements of k in a step.
  static int step(StorageType type) {
    return type == StorageType.BF16 ? 32 : 16;
  }

  /// Rows of w in a tile when there are `tokens` rows of x.
  static int tileRows(int tokens, int bits) {
    return bits == 512 ? (tokens <= 2 ? 8 : 4) : (tokens == 1 ? 4 : 2);
  }

  /// Most rows of x in a tile.
  static int maxTokens(int bits) {
    return bits == 512 ? 6 : 2;
  }

  /// Code for a tile of `rows` rows of w and `tokens` rows of x.
  static byte[] of(StorageType type, int rows, int tokens, InstructionSet set) {
    DenseCode code = new DenseCode(type, rows, tokens, set);
    code.emit();
    return code.a.toByteArray();
  }

  private void emit() {
    int[] saved = {RBX, RBP, R12, R13, R14, R15};
    for (int r : saved) {
      a.push(r);
    }
    a.load(RSI, Mem.at(RDI, W));
    a.load(RDX, Mem.at(RDI, W_STRIDE));
    a.load(R11, Mem.at(RDI, ROW_TILES));
    a.load(R15, Mem.at(RDI, X_STRIDE));
    a.load(RBX, Mem.at(RDI, Y));
    a.load(RBP, Mem.at(RDI, Y_STRIDE));
    a.load(R13, Mem.at(RDI, BIAS));
    if (lanes == 16) {
      a.load(RCX, Mem.at(RDI, TAIL));
      a.kmovd(1, RCX);
    }
    if (cut) {
      a.load(RCX, Mem.at(RDI, CONSTANTS));
      a.vpbroadcastd(upperHalf, Mem.at(RCX, UPPER_HALF));
    }
    Label tile = new Label();
    a.bind(tile);
    pointAtRows();
    for (int i = 0; i < rows * tokens * parts; i++) {
      a.vpxor(i, i, i);
    }
    steps();
    if (lanes == 16) {
      tail();
    }
    fold();
    for (int i = 0; i < rows; i++) {
      a.add(RSI, RDX);
    }
    a.addImmediate(RBX, 4L * rows);
    a.subImmediate(R11, 1);
    a.jcc(Condition.NOT_EQUAL, tile);
    for (int i = saved.length - 1; i >= 0; i--) {
      a.pop(saved[i]);
    }
    a.vzeroupper();
    a.ret();
  }

  // Three rows are reached from one register, with an index of 0, 1 or 2 strides.

  private static int wBase(int row) {
    return row < 3 ? R8 : row < 6 ? R9 : R10;
  }

  private static int xBase(int token) {
    return token < 3 ? RAX : R14;
  }

  private void pointAtRows() {
    a.mov(R8, RSI);
    a.lea(R12, Mem.at(RDX, RDX, 2, 0));
    for (int i = 3; i < rows; i += 3) {
      a.lea(wBase(i), Mem.at(wBase(i - 3), R12, 1, 0));
    }
    a.load(RAX, Mem.at(RDI, X));
    if (tokens > 3) {
      a.lea(R12, Mem.at(R15, R15, 2, 0));
      a.lea(R14, Mem.at(RAX, R12, 1, 0));
    }
    a.load(RCX, Mem.at(RDI, STEPS));
  }

  /// Bytes of w that belong to a lane: an element, or a pair of BF16.
  private int laneBytes() {
    return type == StorageType.F16 ? 2 : 4;
  }

  private Mem wRow(int row) {
    int disp = part * lanes * laneBytes();
    return row % 3 == 0 ? Mem.at(wBase(row), disp) : Mem.at(wBase(row), RDX, row % 3, disp);
  }

  private Mem xRow(int token) {
    int disp = part * lanes * 4 + (even ? LINE : 0);
    return token % 3 == 0 ? Mem.at(xBase(token), disp) : Mem.at(xBase(token), R15, token % 3, disp);
  }

  private int sum(int row, int token) {
    return (row * tokens + token) * parts + part;
  }

  private void steps() {
    Label done = new Label();
    Label step = new Label();
    a.test(RCX, RCX);
    a.jcc(Condition.EQUAL, done);
    a.bind(step);
    for (part = 0; part < parts; part++) {
      products();
    }
    if (cut) {
      even = true;
      for (part = 0; part < parts; part++) {
        products();
      }
      even = false;
    }
    part = 0;
    for (int i = 0; i < rows; i += 3) {
      a.addImmediate(wBase(i), 16L * laneBytes());
    }
    for (int i = 0; i < tokens; i += 3) {
      a.addImmediate(xBase(i), cut ? 2 * LINE : LINE);
    }
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, step);
    a.bind(done);
  }

  private void products() {
    if (tokens == 1) {
      a.vmovups(t0, xRow(0));
      for (int r = 0; r < rows; r++) {
        if (type == StorageType.F32) {
          a.vfmadd231ps(sum(r, 0), t0, wRow(r));
        } else if (dot) {
          a.vdpbf16ps(sum(r, 0), t0, wRow(r));
        } else {
          widen(w, r);
          a.vfmadd231ps(sum(r, 0), t0, w);
        }
      }
    } else {
      for (int r = 0; r < rows; r++) {
        widen(w + r, r);
      }
      for (int t = 0; t < tokens; t++) {
        int x = t % 2 == 0 ? t0 : t1;
        a.vmovups(x, xRow(t));
        for (int r = 0; r < rows; r++) {
          multiply(sum(r, t), w + r, x);
        }
      }
    }
  }

  private void multiply(int sum, int w, int x) {
    if (dot) {
      a.vdpbf16ps(sum, w, x);
    } else {
      a.vfmadd231ps(sum, w, x);
    }
  }

  /// Loads a vector of a row of w as floats, or as pairs of BF16 where these are multiplied.
  private void widen(int to, int row) {
    if (type == StorageType.F16) {
      a.vcvtph2ps(to, wRow(row));
    } else if (!cut) {
      a.vmovups(to, wRow(row));
    } else if (!even) {
      a.vpand(to, upperHalf, wRow(row));
    } else if (lanes == 16) {
      a.vpslld(to, wRow(row), 16);
    } else {
      a.vmovups(to, wRow(row));
      a.vpslld(to, to, 16);
    }
  }

  /// The elements past the last whole step, those of mask 1; the other lanes stay as they are.
  private void tail() {
    Label none = new Label();
    a.load(RCX, Mem.at(RDI, TAIL));
    a.test(RCX, RCX);
    a.jcc(Condition.EQUAL, none);
    if (type == StorageType.BF16) {
      tailOfPairs();
    } else {
      tailOfFloats();
    }
    a.bind(none);
  }

  /// The mask counts elements of w; those of x are filled up with zeros.
  private void tailOfPairs() {
    for (int r = 0; r < rows; r++) {
      for (int pass = 0; pass < (cut ? 2 : 1); pass++) {
        even = false;
        a.maskedToZero(1).vmovdqu16(w, wRow(r));
        even = pass == 1;
        if (even) {
          a.vpslld(w, w, 16);
        } else if (cut) {
          a.vpand(w, w, upperHalf);
        }
        for (int t = 0; t < tokens; t++) {
          a.vmovups(t0, xRow(t));
          multiply(sum(r, t), w, t0);
        }
      }
    }
    even = false;
  }

  private void tailOfFloats() {
    for (int r = 0; r < rows; r++) {
      a.maskedToZero(1);
      widen(w, r);
      for (int t = 0; t < tokens; t++) {
        a.maskedToZero(1).vmovups(t0, xRow(t));
        a.masked(1).vfmadd231ps(sum(r, t), w, t0);
      }
    }
  }

  private void fold() {
    for (int t = 0; t < tokens; t++) {
      if (t == 0) {
        a.mov(R12, RBX);
      } else {
        a.add(R12, RBP);
      }
      for (int r = 0; r < rows; r += 4) {
        int count = Math.min(4, rows - r);
        if (lanes == 16) {
          foldWide(r, t, count);
        } else {
          foldNarrow(r, t, count);
        }
      }
    }
    Label plain = new Label();
    a.test(R13, R13);
    a.jcc(Condition.EQUAL, plain);
    a.addImmediate(R13, 4L * rows);
    a.bind(plain);
  }

  /// Sums of four rows and a token; of fewer, the last one again in the place of the others.
  private void foldWide(int r, int t, int count) {
    int[] s = new int[4];
    for (int i = 0; i < 4; i++) {
      s[i] = sum(r + Math.min(i, count - 1), t);
    }
    int a0 = t0;
    int a1 = t1;
    int t2 = w;
    a.vshuff32x4(a0, s[0], s[1], 0x44);
    a.vshuff32x4(t2, s[0], s[1], 0xEE);
    a.vaddps(a0, a0, t2);
    a.vshuff32x4(a1, s[2], s[3], 0x44);
    a.vshuff32x4(t2, s[2], s[3], 0xEE);
    a.vaddps(a1, a1, t2);
    a.vshuff32x4(t2, a0, a1, 0x88);
    a.vshuff32x4(a0, a0, a1, 0xDD);
    a.vaddps(a0, t2, a0);
    foldQuarters(a0, t2);
    a.load(RCX, Mem.at(RDI, CONSTANTS));
    a.vmovups(t2, Mem.at(RCX, 0));
    a.vpermps(a0, t2, a0);
    a.width(128);
    if (count == 4) {
      store4(a0, r);
    } else {
      for (int i = 0; i < count; i++) {
        storeOne(a0, r + i);
      }
    }
    a.width(512);
  }

  private void foldQuarters(int x, int free) {
    a.vshufps(free, x, x, 0xEE);
    a.vaddps(x, x, free);
    a.vshufps(free, x, x, 0x55);
    a.vaddps(x, x, free);
  }

  private void store4(int x, int r) {
    Label plain = new Label();
    a.test(R13, R13);
    a.jcc(Condition.EQUAL, plain);
    a.vaddps(x, x, Mem.at(R13, 4 * r));
    a.bind(plain);
    a.vmovups(Mem.at(R12, 4 * r), x);
  }

  private void storeOne(int x, int r) {
    Label plain = new Label();
    a.test(R13, R13);
    a.jcc(Condition.EQUAL, plain);
    a.vmovss(t1, Mem.at(R13, 4 * r));
    a.vaddps(x, x, t1);
    a.bind(plain);
    a.vmovss(Mem.at(R12, 4 * r), x);
  }

  private void foldNarrow(int r, int t, int count) {
    for (int i = 0; i < count; i++) {
      part = 0;
      int low = sum(r + i, t);
      a.vaddps(t0, low, low + 1);
      a.vextractf128(t1, t0, 1);
      a.width(128);
      a.vaddps(t0, t0, t1);
      foldQuarters(t0, t1);
      storeOne(t0, r + i);
      a.width(256);
    }
  }
}
