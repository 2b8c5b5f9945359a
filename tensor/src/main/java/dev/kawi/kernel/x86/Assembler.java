package dev.kawi.kernel.x86;

import java.util.Arrays;

// How it works. Every vector instruction is described by four things: the prefix `pp` (none, 66,
// F3, F2), the opcode map (0F, 0F38, 0F3A), the W bit and the opcode; the rest is operands. It is
// written with the short VEX prefix where that can say it, and with EVEX where a 512-bit vector, a
// register above 15, a mask or a broadcast needs it. EVEX compresses a displacement of one byte by
// the number of bytes that the instruction reads. Jumps always have four bytes. Source: Intel 64
// and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2.

/// Writes x86-64 machine code: the two dozen scalar and some sixty vector instructions that the
/// kernels need. General registers and vector registers are given by their numbers. Operands stand
/// in the order of Intel's manual, destination first.
final class Assembler {
  static final int RAX = 0;
  static final int RCX = 1;
  static final int RDX = 2;
  static final int RBX = 3;
  static final int RSP = 4;
  static final int RBP = 5;
  static final int RSI = 6;
  static final int RDI = 7;
  static final int R8 = 8;
  static final int R9 = 9;
  static final int R10 = 10;
  static final int R11 = 11;
  static final int R12 = 12;
  static final int R13 = 13;
  static final int R14 = 14;
  static final int R15 = 15;

  /// Conditions of jumps, as the processor numbers them.
  enum Condition {
    BELOW(2),
    ABOVE_OR_EQUAL(3),
    EQUAL(4),
    NOT_EQUAL(5),
    LESS(12),
    GREATER_OR_EQUAL(13),
    LESS_OR_EQUAL(14),
    GREATER(15);

    private final int code;

    Condition(int code) {
      this.code = code;
    }
  }

  /// A place in memory: base + index * scale + displacement. `broadcast` repeats one 32-bit element
  /// over the vector.
  record Mem(int base, int index, int scale, int disp, boolean broadcast) {
    static Mem at(int base, int disp) {
      return new Mem(base, -1, 1, disp, false);
    }

    static Mem at(int base, int index, int scale, int disp) {
      return new Mem(base, index, scale, disp, false);
    }

    /// The 32-bit element at this place, in every lane.
    Mem repeated() {
      return new Mem(base, index, scale, disp, true);
    }

    Mem plus(int bytes) {
      return new Mem(base, index, scale, disp + bytes, broadcast);
    }
  }

  /// A place in the code that jumps lead to.
  static final class Label {
    private int position = -1;
    private int[] jumps = new int[2];
    private int numJumps;
  }

  private byte[] code = new byte[4096];
  private int size;

  /// The code so far.
  byte[] toByteArray() {
    return Arrays.copyOf(code, size);
  }

  private void emit(int b) {
    if (size == code.length) {
      code = Arrays.copyOf(code, 2 * size);
    }
    code[size++] = (byte) b;
  }

  private void emit32(int value) {
    for (int i = 0; i < 4; i++) {
      emit(value >>> (8 * i));
    }
  }

  // ---- jumps ----

  void bind(Label label) {
    label.position = size;
    for (int i = 0; i < label.numJumps; i++) {
      patch(label.jumps[i], size);
    }
  }

  private void patch(int at, int target) {
    int distance = target - (at + 4);
    for (int i = 0; i < 4; i++) {
      code[at + i] = (byte) (distance >>> (8 * i));
    }
  }

  private void target(Label label) {
    int at = size;
    emit32(0);
    if (label.position >= 0) {
      patch(at, label.position);
    } else {
      if (label.numJumps == label.jumps.length) {
        label.jumps = Arrays.copyOf(label.jumps, 2 * label.numJumps);
      }
      label.jumps[label.numJumps++] = at;
    }
  }

  void jmp(Label label) {
    emit(0xE9);
    target(label);
  }

  void jcc(Condition condition, Label label) {
    emit(0x0F);
    emit(0x80 | condition.code);
    target(label);
  }

  void ret() {
    emit(0xC3);
  }

  // ---- general registers, 64 bits ----

  void push(int r) {
    if (r >= 8) {
      emit(0x41);
    }
    emit(0x50 | (r & 7));
  }

  void pop(int r) {
    if (r >= 8) {
      emit(0x41);
    }
    emit(0x58 | (r & 7));
  }

  private void rex(int w, int reg, Mem m) {
    int index = m.index < 0 ? 0 : m.index;
    int rex = 0x40 | (w << 3) | ((reg >> 3) << 2) | ((index >> 3) << 1) | (m.base >> 3);
    if (rex != 0x40) {
      emit(rex);
    }
  }

  private void rexRegister(int reg, int rm) {
    emit(0x48 | ((reg >> 3) << 2) | (rm >> 3));
  }

  void mov(int to, int from) {
    rexRegister(from, to);
    emit(0x89);
    emit(0xC0 | ((from & 7) << 3) | (to & 7));
  }

  /// A 32-bit number, sign-extended.
  void movImmediate(int to, long immediate) {
    requireInt(immediate);
    rexRegister(0, to);
    emit(0xC7);
    emit(0xC0 | (to & 7));
    emit32((int) immediate);
  }

  void load(int to, Mem from) {
    rex(1, to, from);
    emit(0x8B);
    operand(to, from, 1);
  }

  void store(Mem to, int from) {
    rex(1, from, to);
    emit(0x89);
    operand(from, to, 1);
  }

  void lea(int to, Mem from) {
    rex(1, to, from);
    emit(0x8D);
    operand(to, from, 1);
  }

  void add(int to, int from) {
    arithmetic(0x01, to, from);
  }

  void sub(int to, int from) {
    arithmetic(0x29, to, from);
  }

  void cmp(int a, int b) {
    arithmetic(0x39, a, b);
  }

  void test(int a, int b) {
    arithmetic(0x85, a, b);
  }

  void xor(int to, int from) {
    arithmetic(0x31, to, from);
  }

  private void arithmetic(int opcode, int rm, int reg) {
    rexRegister(reg, rm);
    emit(opcode);
    emit(0xC0 | ((reg & 7) << 3) | (rm & 7));
  }

  void addImmediate(int to, long immediate) {
    arithmeticImmediate(0, to, immediate);
  }

  void subImmediate(int to, long immediate) {
    arithmeticImmediate(5, to, immediate);
  }

  void cmpImmediate(int a, long immediate) {
    arithmeticImmediate(7, a, immediate);
  }

  private void arithmeticImmediate(int operation, int rm, long immediate) {
    requireInt(immediate);
    rexRegister(0, rm);
    boolean small = immediate == (byte) immediate;
    emit(small ? 0x83 : 0x81);
    emit(0xC0 | (operation << 3) | (rm & 7));
    if (small) {
      emit((int) immediate);
    } else {
      emit32((int) immediate);
    }
  }

  private static void requireInt(long immediate) {
    if (immediate != (int) immediate) {
      throw new IllegalArgumentException("Bug: " + immediate + " has more than 32 bits");
    }
  }

  void prefetcht0(Mem from) {
    rex(0, 0, from);
    emit(0x0F);
    emit(0x18);
    operand(1, from, 1);
  }

  // ---- operands ----

  /// ModRM, SIB and displacement; `unit` is what EVEX divides a short displacement by.
  private void operand(int reg, Mem m, int unit) {
    boolean needsSib = m.index >= 0 || (m.base & 7) == RSP;
    int rm = needsSib ? 4 : m.base & 7;
    boolean needsDisplacement = m.disp != 0 || (m.base & 7) == RBP;
    boolean small = m.disp % unit == 0 && m.disp / unit == (byte) (m.disp / unit);
    int mod = !needsDisplacement ? 0 : small ? 1 : 2;
    emit((mod << 6) | ((reg & 7) << 3) | rm);
    if (needsSib) {
      int index = m.index < 0 ? 4 : m.index & 7;
      emit((Integer.numberOfTrailingZeros(m.scale) << 6) | (index << 3) | (m.base & 7));
    }
    if (mod == 1) {
      emit(m.disp / unit);
    } else if (mod == 2) {
      emit32(m.disp);
    }
  }

  // ---- vector instructions ----

  private static final int NP = 0;
  private static final int P66 = 1;
  private static final int PF3 = 2;
  private static final int PF2 = 3;
  private static final int M0F = 1;
  private static final int M38 = 2;
  private static final int M3A = 3;

  /// Bits of the vectors of the instructions that follow: 128, 256 or 512.
  private int bits = 512;

  /// Mask register of the next instruction; 0 for none. Then whether lanes outside it become zero.
  private int mask;

  private boolean zeroing;

  /// The instructions that follow work on vectors of this many bits.
  void width(int vectorBits) {
    bits = vectorBits;
  }

  int width() {
    return bits;
  }

  /// The next instruction leaves lanes outside mask `k` as they are.
  Assembler masked(int k) {
    mask = k;
    zeroing = false;
    return this;
  }

  /// The next instruction sets lanes outside mask `k` to zero.
  Assembler maskedToZero(int k) {
    mask = k;
    zeroing = true;
    return this;
  }

  private int length() {
    return bits == 512 ? 2 : bits == 256 ? 1 : 0;
  }

  private boolean needsEvex(int reg, int vvvv, int rm) {
    return bits == 512 || mask != 0 || reg > 15 || vvvv > 15 || rm > 15;
  }

  private void vector(int pp, int map, int w, int opcode, int reg, int vvvv, int rm) {
    vector(pp, map, w, opcode, reg, vvvv, rm, needsEvex(reg, vvvv, rm));
  }

  private void vector(
      int pp, int map, int w, int opcode, int reg, int vvvv, int rm, boolean extended) {
    if (extended) {
      evex(pp, map, w, reg, vvvv, rm >> 3, rm >> 4, 0);
    } else {
      vex(pp, map, 0, reg, vvvv, 0, rm >> 3);
    }
    emit(opcode);
    emit(0xC0 | ((reg & 7) << 3) | (rm & 7));
  }

  /// `part` is how many bits of a vector lie behind each bit that is read: 1, or 2 and 4 for
  /// instructions that widen.
  private void vector(
      int pp, int map, int w, int opcode, int reg, int vvvv, Mem m, int part, boolean extended) {
    int index = m.index < 0 ? 0 : m.index;
    if (extended) {
      evex(pp, map, w, reg, vvvv, m.base >> 3, index >> 3, m.broadcast ? 1 : 0);
      emit(opcode);
      operand(reg, m, m.broadcast ? 4 : bits / 8 / part);
    } else {
      vex(pp, map, 0, reg, vvvv, index >> 3, m.base >> 3);
      emit(opcode);
      operand(reg, m, 1);
    }
  }

  private void vector(int pp, int map, int w, int opcode, int reg, int vvvv, Mem m, int part) {
    vector(pp, map, w, opcode, reg, vvvv, m, part, m.broadcast || needsEvex(reg, vvvv, 0));
  }

  private void vex(int pp, int map, int w, int reg, int vvvv, int x, int b) {
    int r = ~(reg >> 3) & 1;
    int tail = ((~vvvv & 15) << 3) | (length() << 2) | pp;
    if (map == M0F && w == 0 && (x & 1) == 0 && (b & 1) == 0) {
      emit(0xC5);
      emit((r << 7) | tail);
    } else {
      emit(0xC4);
      emit((r << 7) | ((~x & 1) << 6) | ((~b & 1) << 5) | map);
      emit((w << 7) | tail);
    }
  }

  private void evex(int pp, int map, int w, int reg, int vvvv, int b, int x, int broadcast) {
    emit(0x62);
    emit(
        ((~(reg >> 3) & 1) << 7)
            | ((~x & 1) << 6)
            | ((~b & 1) << 5)
            | ((~(reg >> 4) & 1) << 4)
            | map);
    emit((w << 7) | ((~vvvv & 15) << 3) | 4 | pp);
    emit(
        ((zeroing ? 1 : 0) << 7)
            | (length() << 5)
            | (broadcast << 4)
            | ((~(vvvv >> 4) & 1) << 3)
            | mask);
    mask = 0;
    zeroing = false;
  }

  // Moves.

  void vmovups(int to, Mem from) {
    vector(NP, M0F, 0, 0x10, to, 0, from, 1);
  }

  void vmovups(Mem to, int from) {
    vector(NP, M0F, 0, 0x11, from, 0, to, 1);
  }

  void vmovaps(int to, int from) {
    vector(NP, M0F, 0, 0x28, to, 0, from);
  }

  void vbroadcastss(int to, Mem from) {
    vector(P66, M38, 0, 0x18, to, 0, from, bits / 32);
  }

  void vpbroadcastd(int to, Mem from) {
    vector(P66, M38, 0, 0x58, to, 0, from, bits / 32);
  }

  /// Loads 32 bits; the rest of the register becomes zero. Needs a width of 128.
  void vmovss(int to, Mem from) {
    vector(PF3, M0F, 0, 0x10, to, 0, from, bits / 32);
  }

  void vmovss(Mem to, int from) {
    vector(PF3, M0F, 0, 0x11, from, 0, to, bits / 32);
  }

  void vpbroadcastdElement(int to, int from) {
    vector(P66, M38, 0, 0x58, to, 0, from);
  }

  /// Loads words of 16 bits; a mask counts them.
  void vmovdqu16(int to, Mem from) {
    vector(PF2, M0F, 1, 0x6F, to, 0, from, 1, true);
  }

  // Integers.

  void vpdpbusd(int sum, int unsigned, int signed) {
    vector(P66, M38, 0, 0x50, sum, unsigned, signed, true);
  }

  void vpdpbusd(int sum, int unsigned, Mem signed) {
    vector(P66, M38, 0, 0x50, sum, unsigned, signed, 1, true);
  }

  void vpmaddubsw(int to, int unsigned, int signed) {
    vector(P66, M38, 0, 0x04, to, unsigned, signed);
  }

  void vpmaddwd(int to, int a, int b) {
    vector(P66, M0F, 0, 0xF5, to, a, b);
  }

  void vpsignb(int to, int a, int signs) {
    vector(P66, M38, 0, 0x08, to, a, signs);
  }

  void vpabsb(int to, int from) {
    vector(P66, M38, 0, 0x1C, to, 0, from);
  }

  void vpshufb(int to, int table, int indices) {
    vector(P66, M38, 0, 0x00, to, table, indices);
  }

  void vpaddd(int to, int a, int b) {
    vector(P66, M0F, 0, 0xFE, to, a, b);
  }

  void vpsubd(int to, int a, int b) {
    vector(P66, M0F, 0, 0xFA, to, a, b);
  }

  void vpmaxsd(int to, int a, int b) {
    vector(P66, M38, 0, 0x3D, to, a, b);
  }

  void vpand(int to, int a, int b) {
    vector(P66, M0F, 0, 0xDB, to, a, b);
  }

  void vpand(int to, int a, Mem b) {
    vector(P66, M0F, 0, 0xDB, to, a, b, 1);
  }

  void vpor(int to, int a, int b) {
    vector(P66, M0F, 0, 0xEB, to, a, b);
  }

  void vpxor(int to, int a, int b) {
    vector(P66, M0F, 0, 0xEF, to, a, b);
  }

  void vpslld(int to, int from, int count) {
    vector(P66, M0F, 0, 0x72, 6, to, from, needsEvex(0, to, from));
    emit(count);
  }

  /// Of memory: AVX-512 only.
  void vpslld(int to, Mem from, int count) {
    vector(P66, M0F, 0, 0x72, 6, to, from, 1, true);
    emit(count);
  }

  void vpsrld(int to, int from, int count) {
    vector(P66, M0F, 0, 0x72, 2, to, from, needsEvex(0, to, from));
    emit(count);
  }

  void vpmovzxbd(int to, Mem from) {
    vector(P66, M38, 0, 0x31, to, 0, from, 4);
  }

  void vpmovsxbd(int to, Mem from) {
    vector(P66, M38, 0, 0x21, to, 0, from, 4);
  }

  void vpmovzxwd(int to, Mem from) {
    vector(P66, M38, 0, 0x33, to, 0, from, 2);
  }

  /// Loads the 32-bit word at `base + index[lane] + disp` into each lane of mask `k`, which becomes
  /// 0.
  void vpgatherdd(int to, int k, int base, int indices, int disp) {
    mask = k;
    evex(P66, M38, 0, to, indices & 16, base >> 3, indices >> 3, 0);
    emit(0x90);
    gatherOperand(to, base, indices, disp);
  }

  private void gatherOperand(int reg, int base, int indices, int disp) {
    boolean small = disp % 4 == 0 && disp / 4 == (byte) (disp / 4);
    int mod = disp == 0 && (base & 7) != RBP ? 0 : small ? 1 : 2;
    emit((mod << 6) | ((reg & 7) << 3) | 4);
    emit(((indices & 7) << 3) | (base & 7));
    if (mod == 1) {
      emit(disp / 4);
    } else if (mod == 2) {
      emit32(disp);
    }
  }

  /// The lower 16 bits of each lane.
  void vpmovdw(Mem to, int from) {
    vector(PF3, M38, 0, 0x33, from, 0, to, 2, true);
  }

  /// The lower 8 bits of each lane.
  void vpmovdb(Mem to, int from) {
    vector(PF3, M38, 0, 0x31, from, 0, to, 4, true);
  }

  /// Integers to bytes, saturated.
  void vpmovsdb(Mem to, int from) {
    vector(PF3, M38, 0, 0x21, from, 0, to, 4, true);
  }

  // Floats.

  void vcvtdq2ps(int to, int from) {
    vector(NP, M0F, 0, 0x5B, to, 0, from);
  }

  void vcvtps2dq(int to, int from) {
    vector(P66, M0F, 0, 0x5B, to, 0, from);
  }

  void vcvtph2ps(int to, Mem from) {
    vector(P66, M38, 0, 0x13, to, 0, from, 2);
  }

  /// Rounds to nearest, ties to even.
  void vcvtps2ph(Mem to, int from) {
    vector(P66, M3A, 0, 0x1D, from, 0, to, 2);
    emit(0);
  }

  /// sum += the product of the odd BF16 elements of each pair, then that of the even ones.
  void vdpbf16ps(int sum, int a, int b) {
    vector(PF3, M38, 0, 0x52, sum, a, b, true);
  }

  void vdpbf16ps(int sum, int a, Mem b) {
    vector(PF3, M38, 0, 0x52, sum, a, b, 1, true);
  }

  /// Rounds to BF16: those of `low` to the lower half, those of `high` to the upper half.
  void vcvtne2ps2bf16(int to, int high, int low) {
    vector(PF2, M38, 0, 0x72, to, high, low, true);
  }

  void vaddps(int to, int a, int b) {
    vector(NP, M0F, 0, 0x58, to, a, b);
  }

  void vaddps(int to, int a, Mem b) {
    vector(NP, M0F, 0, 0x58, to, a, b, 1);
  }

  void vmulps(int to, int a, int b) {
    vector(NP, M0F, 0, 0x59, to, a, b);
  }

  void vmulps(int to, int a, Mem b) {
    vector(NP, M0F, 0, 0x59, to, a, b, 1);
  }

  void vsubps(int to, int a, int b) {
    vector(NP, M0F, 0, 0x5C, to, a, b);
  }

  void vminps(int to, int a, int b) {
    vector(NP, M0F, 0, 0x5D, to, a, b);
  }

  void vmaxps(int to, int a, int b) {
    vector(NP, M0F, 0, 0x5F, to, a, b);
  }

  void vdivps(int to, int a, int b) {
    vector(NP, M0F, 0, 0x5E, to, a, b);
  }

  void vsqrtps(int to, int from) {
    vector(NP, M0F, 0, 0x51, to, 0, from);
  }

  /// sum += a * b.
  void vfmadd231ps(int sum, int a, int b) {
    vector(P66, M38, 0, 0xB8, sum, a, b);
  }

  void vfmadd231ps(int sum, int a, Mem b) {
    vector(P66, M38, 0, 0xB8, sum, a, b, 1);
  }

  /// sum -= a * b.
  void vfnmadd231ps(int sum, int a, int b) {
    vector(P66, M38, 0, 0xBC, sum, a, b);
  }

  void vfnmadd231ps(int sum, int a, Mem b) {
    vector(P66, M38, 0, 0xBC, sum, a, b, 1);
  }

  /// x = x * a + b.
  void vfmadd213ps(int x, int a, int b) {
    vector(P66, M38, 0, 0xA8, x, a, b);
  }

  void vfmadd213ps(int x, int a, Mem b) {
    vector(P66, M38, 0, 0xA8, x, a, b, 1);
  }

  // Shuffles.

  /// 128-bit pieces: two of a, then two of b, by pairs of bits of `choice`.
  void vshuff32x4(int to, int a, int b, int choice) {
    vector(P66, M3A, 0, 0x23, to, a, b, true);
    emit(choice);
  }

  /// Two 128-bit pieces of a and b. 256 bits only.
  void vperm2f128(int to, int a, int b, int choice) {
    vector(P66, M3A, 0, 0x06, to, a, b);
    emit(choice);
  }

  void vshufps(int to, int a, int b, int choice) {
    vector(NP, M0F, 0, 0xC6, to, a, b);
    emit(choice);
  }

  /// The lower (0) or upper (1) half of 256 bits as 128.
  void vextractf128(int to, int from, int half) {
    vector(P66, M3A, 0, 0x19, from, 0, to);
    emit(half);
  }

  /// The lower (0) or upper (1) half of 512 bits as 256.
  void vextractf64x4(int to, int from, int half) {
    vector(P66, M3A, 1, 0x1B, from, 0, to, true);
    emit(half);
  }

  /// Lanes of `from` in the order of `indices`; 256 or 512 bits.
  void vpermps(int to, int indices, int from) {
    vector(P66, M38, 0, 0x16, to, indices, from);
  }

  void vzeroupper() {
    emit(0xC5);
    emit(0xF8);
    emit(0x77);
  }

  // Masks.

  void kmovw(int k, int from) {
    emit(0xC5);
    emit(0xF8);
    emit(0x92);
    emit(0xC0 | (k << 3) | (from & 7));
  }

  void kmovd(int k, int from) {
    emit(0xC5);
    emit(0xFB);
    emit(0x92);
    emit(0xC0 | (k << 3) | (from & 7));
  }

  /// Compares lanes by predicate (1: less than) into mask k.
  void vcmpps(int k, int a, int b, int predicate) {
    vector(NP, M0F, 0, 0xC2, k, a, b, true);
    emit(predicate);
  }
}
