package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.kernel.x86.Assembler.Condition;
import dev.kawi.kernel.x86.Assembler.Label;
import dev.kawi.kernel.x86.Assembler.Mem;

// How it works. All of these go over a row in steps of sixteen elements, and once more under mask 1
// for those that are left. What a loop needs often stays in high registers; exp takes its constants
// from memory (ExpCode). A reduction leaves its result in every lane: folding in halves by swapping
// them adds the same pairs in each.

/// Code for what is done to rows between the products: rounding, norm, softmax, activations. For
/// 512 bits.
final class RowCode {
  // The arguments, 64-bit words in memory; floats are the low half of theirs.
  static final int A = 0;
  static final int B = 8;
  static final int Y = 16;
  static final int STEPS = 24;
  static final int TAIL = 32;
  static final int ROWS = 40;
  static final int STRIDE = 48;
  static final int CONSTANTS = 56;
  static final int FACTOR = 64;
  static final int FACTOR_2 = 72;
  static final int TAIL_2 = 80;

  // The constants: the words of ExpCode, then these.
  static final int NEGATIVE_INFINITY = 64;
  static final int MAGNITUDE = 68;
  static final int TINY = 72;
  static final int INFINITY = 76;
  static final int NAN = 80;
  static final int LEVELS = 84;
  static final int GELU_A = 88;
  static final int GELU_2C = 92;
  static final int TWO = 96;
  static final int ONE = 48; // of ExpCode
  static final int SUM_FACTORS = 128; // a vector
  static final int NORMAL_TAIL = 192; // eight words

  private static final int LINE = 64;

  private final Assembler a = new Assembler();

  private RowCode() {}

  /// Operations on two operands, element by element.
  enum Elementwise {
    ADD,
    MULTIPLY
  }

  // ---- frames ----

  private void begin() {
    a.push(RBX);
    a.push(RBP);
    a.push(R12);
    a.load(RAX, Mem.at(RDI, A));
    a.load(RDX, Mem.at(RDI, B));
    a.load(RSI, Mem.at(RDI, Y));
    a.load(RBX, Mem.at(RDI, CONSTANTS));
    a.load(RCX, Mem.at(RDI, TAIL));
    a.mov(RBP, RCX);
    a.kmovw(1, RCX);
  }

  private byte[] end() {
    a.pop(R12);
    a.pop(RBP);
    a.pop(RBX);
    a.vzeroupper();
    a.ret();
    return a.toByteArray();
  }

  private interface Body {
    void emit(boolean masked);
  }

  /// The body for each sixteen elements, with byte offsets in R8, then for those of mask 1.
  private void eachStep(Body body) {
    Label loop = new Label();
    Label tail = new Label();
    Label done = new Label();
    a.xor(R8, R8);
    a.load(RCX, Mem.at(RDI, STEPS));
    a.test(RCX, RCX);
    a.jcc(Condition.EQUAL, tail);
    a.bind(loop);
    body.emit(false);
    a.addImmediate(R8, LINE);
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, loop);
    a.bind(tail);
    a.test(RBP, RBP);
    a.jcc(Condition.EQUAL, done);
    body.emit(true);
    a.bind(done);
  }

  private Assembler zeroed(boolean masked) {
    return masked ? a.maskedToZero(1) : a;
  }

  private Assembler kept(boolean masked) {
    return masked ? a.masked(1) : a;
  }

  private static Mem step(int base) {
    return Mem.at(base, R8, 1, 0);
  }

  private void constant(int register, int at) {
    a.vbroadcastss(register, Mem.at(RBX, at));
  }

  /// Adds all lanes of x, in halves; the sum is in each lane.
  private void fold(int x, int free) {
    a.vshuff32x4(free, x, x, 0x4E);
    a.vaddps(x, x, free);
    a.vshuff32x4(free, x, x, 0xB1);
    a.vaddps(x, x, free);
    a.vshufps(free, x, x, 0x4E);
    a.vaddps(x, x, free);
    a.vshufps(free, x, x, 0xB1);
    a.vaddps(x, x, free);
  }

  // ---- rounding to BF16 ----

  /// A row of x to BF16: STEPS times 32 elements, then 16 by the mask TAIL and 16 by TAIL_2, the
  /// others of them zero.
  static byte[] roundToBf16() {
    RowCode code = new RowCode();
    Assembler a = code.a;
    Label loop = new Label();
    Label tail = new Label();
    Label done = new Label();
    code.begin();
    a.load(RCX, Mem.at(RDI, STEPS));
    a.test(RCX, RCX);
    a.jcc(Condition.EQUAL, tail);
    a.bind(loop);
    a.vmovups(0, Mem.at(RAX, 0));
    a.vmovups(1, Mem.at(RAX, LINE));
    code.storeBf16();
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, loop);
    a.bind(tail);
    a.test(RBP, RBP);
    a.jcc(Condition.EQUAL, done);
    a.maskedToZero(1).vmovups(0, Mem.at(RAX, 0));
    a.load(RCX, Mem.at(RDI, TAIL_2));
    a.kmovw(2, RCX);
    a.maskedToZero(2).vmovups(1, Mem.at(RAX, LINE));
    code.storeBf16();
    a.bind(done);
    return code.end();
  }

  private void storeBf16() {
    a.vcvtne2ps2bf16(0, 1, 0);
    a.vmovups(Mem.at(RSI, 0), 0);
    a.addImmediate(RAX, 2L * LINE);
    a.addImmediate(RSI, LINE);
  }

  // ---- element by element ----

  /// y = a + b or a * b.
  static byte[] elementwise(Elementwise operation) {
    RowCode code = new RowCode();
    Assembler a = code.a;
    code.begin();
    code.eachStep(masked -> {
      code.zeroed(masked).vmovups(0, step(RAX));
      code.zeroed(masked).vmovups(1, step(RDX));
      switch (operation) {
        case ADD -> a.vaddps(0, 0, 1);
        case MULTIPLY -> a.vmulps(0, 0, 1);
      }
      code.kept(masked).vmovups(step(RSI), 0);
    });
    return code.end();
  }

  /// y = f(a), or f(a) * b.
  static byte[] activation(Activation f, Elementwise... then) {
    RowCode code = new RowCode();
    code.begin();
    code.constant(16, ONE);
    code.constant(17, GELU_A);
    code.constant(18, GELU_2C);
    code.eachStep(masked -> {
      code.zeroed(masked).vmovups(0, step(RAX));
      code.activate(f);
      if (then.length > 0) {
        code.zeroed(masked).vmovups(1, step(RDX));
        code.a.vmulps(0, 0, 1);
      }
      code.kept(masked).vmovups(step(RSI), 0);
    });
    return code.end();
  }

  private void activate(Activation f) {
    if (f == Activation.GELU_EXACT) {
      exactGelu();
      return;
    }
    a.vpxor(1, 1, 1);
    if (f == Activation.GELU) {
      a.vmulps(2, 17, 0);
      a.vfmadd213ps(2, 0, 16);
      a.vmulps(2, 0, 2);
      a.vmulps(2, 2, 18);
      a.vsubps(1, 1, 2);
    } else {
      a.vsubps(1, 1, 0);
    }
    ExpCode.emit(a, 1, 2, RBX);
    a.vaddps(1, 1, 16);
    a.vdivps(0, f == Activation.SIGMOID ? 16 : 0, 1);
  }

  /// The steps of `Exp.geluExact`; 3 holds |x| up to the end of the tail, 4 its t, 5 the tail.
  private void exactGelu() {
    a.vpand(3, 0, Mem.at(RBX, MAGNITUDE).repeated());
    a.vbroadcastss(4, Mem.at(RBX, NORMAL_TAIL));
    a.vminps(3, 4, 3); // in this order a NaN stays one
    a.vbroadcastss(4, Mem.at(RBX, NORMAL_TAIL + 4));
    a.vfmadd213ps(4, 3, 16);
    a.vdivps(4, 16, 4);
    a.vbroadcastss(5, Mem.at(RBX, NORMAL_TAIL + 8));
    for (int i = 1; i < 5; i++) {
      a.vfmadd213ps(5, 4, Mem.at(RBX, NORMAL_TAIL + 8 + 4 * i).repeated());
    }
    a.vmulps(5, 5, 4);
    a.vbroadcastss(2, Mem.at(RBX, NORMAL_TAIL + 28));
    a.vmulps(1, 3, 3);
    a.vmulps(1, 1, 2);
    ExpCode.emit(a, 1, 24, RBX);
    a.vmulps(5, 5, 1);
    a.vmulps(5, 5, 3);
    a.vpxor(1, 1, 1);
    a.vmaxps(0, 0, 1);
    a.vsubps(0, 0, 5);
  }

  // ---- softmax ----

  private void beginScores() {
    begin();
    a.load(R9, Mem.at(RDI, ROWS));
    a.load(R10, Mem.at(RDI, STRIDE));
    constant(16, ONE);
    constant(17, TWO);
    a.vbroadcastss(18, Mem.at(RDI, FACTOR));
    a.vbroadcastss(19, Mem.at(RDI, FACTOR_2));
  }

  /// Register 0 becomes sixteen scores, scaled and perhaps capped.
  private void loadScaled(boolean masked, boolean capped) {
    zeroed(masked).vmovups(0, step(RAX));
    a.vmulps(0, 0, 18);
    if (capped) {
      cap();
    }
  }

  private byte[] endRows(Label row) {
    a.add(RAX, R10);
    a.subImmediate(R9, 1);
    a.jcc(Condition.NOT_EQUAL, row);
    return end();
  }

  /// Each row of a becomes softmax(FACTOR * a), or of FACTOR_2 * tanh(FACTOR * a / FACTOR_2).
  static byte[] softmax(boolean capped) {
    RowCode code = new RowCode();
    Assembler a = code.a;
    code.beginScores();
    Label row = new Label();
    a.bind(row);
    code.constant(20, NEGATIVE_INFINITY);
    code.eachStep(masked -> {
      code.loadScaled(masked, capped);
      code.kept(masked).vmovups(step(RAX), 0);
      code.kept(masked).vmaxps(20, 20, 0);
    });
    code.foldMax(20, 0);
    a.vpxor(21, 21, 21);
    code.eachStep(masked -> {
      code.zeroed(masked).vmovups(0, step(RAX));
      a.vsubps(0, 0, 20);
      ExpCode.emit(a, 0, 1, RBX);
      code.kept(masked).vmovups(step(RAX), 0);
      code.kept(masked).vaddps(21, 21, 0);
    });
    code.fold(21, 0);
    a.vdivps(21, 16, 21);
    code.eachStep(masked -> {
      code.zeroed(masked).vmovups(0, step(RAX));
      a.vmulps(0, 0, 21);
      code.kept(masked).vmovups(step(RAX), 0);
    });
    return code.endRows(row);
  }

  /// Each row of a becomes FACTOR * a, or FACTOR_2 * tanh(FACTOR * a / FACTOR_2); if sloped, less
  /// the slope of the row, which is in y, times the distance of each column: in b are those of the
  /// first sixteen columns, of either sign, and then the number 16.
  static byte[] scale(boolean capped, boolean sloped) {
    RowCode code = new RowCode();
    Assembler a = code.a;
    code.beginScores();
    a.vpxor(20, 20, 20);
    if (sloped) {
      code.constant(21, MAGNITUDE);
      a.vmovups(22, Mem.at(RDX, 0));
      a.vbroadcastss(23, Mem.at(RDX, LINE));
    }
    Label row = new Label();
    a.bind(row);
    if (sloped) {
      a.vbroadcastss(24, Mem.at(RSI, 0));
      a.vsubps(24, 20, 24);
      a.vaddps(25, 20, 22);
      a.addImmediate(RSI, Float.BYTES);
    }
    code.eachStep(masked -> {
      code.loadScaled(masked, capped);
      if (sloped) {
        a.vpand(1, 25, 21);
        a.vfmadd231ps(0, 24, 1);
        a.vaddps(25, 25, 23);
      }
      code.kept(masked).vmovups(step(RAX), 0);
    });
    return code.endRows(row);
  }

  /// Register 0 becomes cap * tanh(itself / cap).
  private void cap() {
    a.vdivps(0, 0, 19);
    a.vmulps(0, 17, 0);
    ExpCode.emit(a, 0, 1, RBX);
    a.vaddps(0, 0, 16);
    a.vdivps(0, 17, 0);
    a.vsubps(0, 16, 0);
    a.vmulps(0, 19, 0);
  }

  private void foldMax(int x, int free) {
    a.vshuff32x4(free, x, x, 0x4E);
    a.vmaxps(x, x, free);
    a.vshuff32x4(free, x, x, 0xB1);
    a.vmaxps(x, x, free);
    a.vshufps(free, x, x, 0x4E);
    a.vmaxps(x, x, free);
    a.vshufps(free, x, x, 0xB1);
    a.vmaxps(x, x, free);
  }

  // ---- norm ----

  /// y = a / sqrt(mean(a^2) + FACTOR) * b, row by row; FACTOR_2 is the size of a row.
  static byte[] rmsNorm() {
    RowCode code = new RowCode();
    Assembler a = code.a;
    code.begin();
    a.load(R9, Mem.at(RDI, ROWS));
    a.load(R10, Mem.at(RDI, STRIDE));
    code.constant(16, ONE);
    a.vbroadcastss(18, Mem.at(RDI, FACTOR));
    a.vbroadcastss(19, Mem.at(RDI, FACTOR_2));
    Label row = new Label();
    a.bind(row);
    a.vpxor(20, 20, 20);
    code.eachStep(masked -> {
      code.zeroed(masked).vmovups(0, step(RAX));
      code.kept(masked).vfmadd231ps(20, 0, 0);
    });
    code.fold(20, 0);
    a.vdivps(20, 20, 19);
    a.vaddps(20, 20, 18);
    a.vsqrtps(20, 20);
    a.vdivps(20, 16, 20);
    code.eachStep(masked -> {
      code.zeroed(masked).vmovups(0, step(RAX));
      code.zeroed(masked).vmovups(1, step(RDX));
      a.vmulps(0, 0, 20);
      a.vmulps(0, 0, 1);
      code.kept(masked).vmovups(step(RSI), 0);
    });
    a.add(RAX, R10);
    a.add(RSI, R10);
    a.subImmediate(R9, 1);
    a.jcc(Condition.NOT_EQUAL, row);
    return code.end();
  }

  // ---- rounding ----

  // Masks of the lanes of the second half of a record; see RoundedRows.
  private static final int SCALE_ITSELF = 0b0000_0001;
  private static final int OF_FIRST = 0b0100_0100;
  private static final int OF_LAST = 0b1000_1000;
  private static final int FLOATS = 0b0000_1111;
  private static final int INTEGERS = 0b1111_0000;

  /// Rounds STEPS blocks of 32 elements at a to the records at y.
  static byte[] round() {
    RowCode code = new RowCode();
    Assembler a = code.a;
    code.begin();
    int[] masks = {SCALE_ITSELF, OF_FIRST, OF_LAST, FLOATS, INTEGERS};
    for (int i = 0; i < masks.length; i++) {
      a.movImmediate(RCX, masks[i]);
      a.kmovw(i + 1, RCX);
    }
    code.constant(16, MAGNITUDE);
    code.constant(17, TINY);
    code.constant(18, INFINITY);
    code.constant(19, NAN);
    code.constant(20, LEVELS);
    a.vmovups(21, Mem.at(RBX, SUM_FACTORS));
    a.load(RCX, Mem.at(RDI, STEPS));
    Label block = new Label();
    a.bind(block);
    code.roundBlock();
    a.addImmediate(RAX, 4L * RoundedRows.BLOCK);
    a.addImmediate(RSI, RoundedRows.RECORD_BYTES);
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, block);
    return code.end();
  }

  private void roundBlock() {
    a.vmovups(0, Mem.at(RAX, 0));
    a.vmovups(1, Mem.at(RAX, LINE));
    a.vpand(2, 0, 16);
    a.vpand(3, 1, 16);
    a.vpmaxsd(2, 2, 3);
    foldMagnitude(2, 3);
    a.vcmpps(6, 2, 17, 1); // less than TINY
    a.vcmpps(7, 2, 18, 5); // not less than infinity, so not finite
    a.vdivps(3, 20, 2);
    a.vdivps(4, 2, 20);
    a.vpxor(5, 5, 5);
    a.masked(6).vmovaps(3, 5);
    a.masked(6).vmovaps(4, 5);
    a.masked(7).vmovaps(4, 19);
    a.vmulps(0, 0, 3);
    a.vmulps(1, 1, 3);
    a.vcvtps2dq(0, 0);
    a.vcvtps2dq(1, 1);
    a.vpmovsdb(Mem.at(RSI, 0), 0);
    a.vpmovsdb(Mem.at(RSI, 16), 1);
    describe();
  }

  private void foldMagnitude(int x, int free) {
    a.vshuff32x4(free, x, x, 0x4E);
    a.vpmaxsd(x, x, free);
    a.vshuff32x4(free, x, x, 0xB1);
    a.vpmaxsd(x, x, free);
    a.vshufps(free, x, x, 0x4E);
    a.vpmaxsd(x, x, free);
    a.vshufps(free, x, x, 0xB1);
    a.vpmaxsd(x, x, free);
  }

  /// Levels in registers 0 and 1, the scale in 4: writes what follows the levels.
  private void describe() {
    a.vshuff32x4(2, 0, 1, 0x44);
    a.vshuff32x4(3, 0, 1, 0xEE);
    a.vpaddd(2, 2, 3);
    a.vshuff32x4(3, 2, 2, 0xB1);
    a.vpaddd(2, 2, 3);
    a.vshufps(3, 2, 2, 0x4E);
    a.vpaddd(2, 2, 3);
    a.vshufps(3, 2, 2, 0xB1);
    a.vpaddd(2, 2, 3); // sums of the first 16 below, of the last 16 above
    a.vshuff32x4(3, 2, 2, 0x4E);
    a.vpaddd(5, 2, 3);
    a.masked(2).vmovaps(5, 2);
    a.masked(3).vmovaps(5, 3);
    a.vcvtdq2ps(5, 5);
    a.vmovaps(6, 21);
    a.masked(4).vmovaps(6, 4);
    a.vmulps(5, 5, 6);
    a.masked(5).vcvtps2dq(5, 5);
    a.masked(1).vmovaps(5, 4);
    a.width(256);
    a.vmovups(Mem.at(RSI, RoundedRows.SCALE), 5);
    a.width(512);
  }
}
