package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;

import dev.kawi.kernel.BlockLayout;
import dev.kawi.kernel.BlockLayout.Small;
import dev.kawi.kernel.BlockLayout.Table;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.kernel.x86.Assembler.Condition;
import dev.kawi.kernel.x86.Assembler.Label;
import dev.kawi.kernel.x86.Assembler.Mem;

// How it works. For each group of sixteen rows (a row in a lane) and a tile of tokens:
//
//   sum[t] = 0, or what is in y
//   for each sub-block, ascending:
//     whole[t] = -offset * sum of x          (the weights are unsigned: level + offset)
//     for each word of four levels:
//       w = the levels of sixteen rows, unpacked
//       whole[t] += w . x[t], four levels repeated over the lanes (vpdpbusd)
//     sum[t] = fma(whole[t], scale * scale of x[t], sum[t]); then the minimum
//   y[t] = sum[t] + bias
//
// Generation is the tile of one token: then memory is what takes time, and a prefetch some pages
// ahead keeps it busy. With AVX2 a group is done in two halves of eight rows, one after the other,
// and vpdpbusd is vpmaddubsw, whose 16-bit sums of two products would overflow for levels of eight
// bits: there the sign of the level is moved to x first.

/// Code for the product of packed weights and a tile of rounded activations.
final class BlockCode {
  /// Most tokens of a tile: of the 32 registers of AVX-512, two for each token.
  static final int TOKENS_512 = 12;

  /// Of the 16 registers of AVX2.
  static final int TOKENS_256 = 3;

  // The arguments, 64-bit words in memory.
  static final int WEIGHTS = 0;
  static final int GROUPS = 8;
  static final int UNITS = 16;
  static final int GROUP_SKIP = 24;
  static final int X = 32;
  static final int X_STRIDE = 40;
  static final int Y = 48;
  static final int Y_STRIDE = 56;
  static final int BIAS = 64;
  static final int CONTINUE = 72;
  static final int CONSTANTS = 80;

  // The constants of a type, whole vectors.
  static final int LOW_MASK = 0;
  static final int HIGH_MASK = 64;
  static final int TABLE = 128;
  static final int ONES = 192;
  static final int SIGN_BITS = 256;
  static final int CONSTANT_BYTES = 320;

  private static final int LINE = 64;
  private static final int GROUP = 8;

  private final Assembler a = new Assembler();
  private final BlockLayout layout;
  private final int tokens;
  private final int lanes;

  /// How many bytes ahead weights are asked for; 0 for not at all.
  private final int prefetch;

  /// Whether levels are used as signed bytes: where there is no vpdpbusd and they have eight bits.
  private final boolean signed;

  // Vector registers.
  private final int whole;
  private final int w;
  private final int t0;
  private final int scale;
  private final int product;
  private final int min;
  private final int lowMask;
  private final int highMask;
  private final int blockScale;
  private final int ones;
  private final int magnitude;

  private int half;

  private BlockCode(BlockLayout layout, int tokens, int bits, int prefetch) {
    this.layout = layout;
    this.tokens = tokens;
    this.prefetch = prefetch;
    this.lanes = bits / 32;
    boolean wide = bits == 512;
    signed = !wide && layout.offset() == 128;
    whole = wide ? TOKENS_512 : TOKENS_256;
    int free = 2 * whole;
    w = free;
    t0 = free + 1;
    scale = free + 2;
    product = free + 3;
    min = free + 4;
    lowMask = free + 5;
    highMask = free + 6; // or the table: no type has both
    blockScale = free + 7;
    ones = wide ? -1 : free + 8;
    magnitude = wide ? -1 : free + 9;
    a.width(bits);
  }

  /// Code for a tile of `tokens` tokens on vectors of 256 or 512 bits.
  ///
  /// @param prefetch how many bytes ahead weights are asked for; 0 for not at all
  static byte[] of(BlockLayout layout, int tokens, int bits, int prefetch) {
    BlockCode code = new BlockCode(layout, tokens, bits, prefetch);
    code.emit();
    return code.a.toByteArray();
  }

  /// What the arguments' CONSTANTS point at.
  static byte[] constants(BlockLayout layout, int bits) {
    byte[] all = new byte[CONSTANT_BYTES];
    byte[] table = layout.table().bytes();
    int bias = bits == 512 ? layout.offset() : 0;
    for (int i = 0; i < LINE; i++) {
      all[LOW_MASK + i] = (byte) BlockLayout.everyByte(layout.lowBits());
      all[HIGH_MASK + i] = (byte) (BlockLayout.everyByte(layout.highBits()) << layout.lowBits());
      all[TABLE + i] = table.length == 0 ? 0 : (byte) (table[i % 16] + bias);
      all[ONES + i] = (byte) (1 - i % 2);
      all[SIGN_BITS + i] = (byte) 0x80;
    }
    return all;
  }

  private void emit() {
    int[] saved = {RBX, RBP, R12, R13, R14, R15};
    for (int r : saved) {
      a.push(r);
    }
    for (half = 0; half < 16 / lanes; half++) {
      groups();
    }
    for (int i = saved.length - 1; i >= 0; i--) {
      a.pop(saved[i]);
    }
    a.vzeroupper();
    a.ret();
  }

  /// All groups of rows, or one half of each.
  private void groups() {
    a.load(RSI, Mem.at(RDI, WEIGHTS));
    a.load(R11, Mem.at(RDI, GROUPS));
    a.load(RDX, Mem.at(RDI, X_STRIDE));
    a.load(RBX, Mem.at(RDI, Y));
    a.load(RBP, Mem.at(RDI, Y_STRIDE));
    a.load(R13, Mem.at(RDI, BIAS));
    a.load(R15, Mem.at(RDI, GROUP_SKIP));
    loadConstants();
    Label next = new Label();
    a.bind(next);
    startSums();
    pointAtTokens();
    a.load(RCX, Mem.at(RDI, UNITS));
    Label unit = new Label();
    a.bind(unit);
    unit();
    a.addImmediate(RSI, layout.unitBytes());
    for (int i = 0; i < tokens; i += 3) {
      a.addImmediate(
          tokenBase(i), (long) RoundedRows.RECORD_BYTES * layout.unitSize() / RoundedRows.BLOCK);
    }
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, unit);
    storeSums();
    a.add(RSI, R15);
    a.addImmediate(RBX, LINE);
    a.subImmediate(R11, 1);
    a.jcc(Condition.NOT_EQUAL, next);
  }

  private void loadConstants() {
    a.load(RAX, Mem.at(RDI, CONSTANTS));
    a.vmovups(lowMask, Mem.at(RAX, LOW_MASK));
    a.vmovups(highMask, Mem.at(RAX, layout.table() == Table.NONE ? HIGH_MASK : TABLE));
    if (lanes == 8) {
      a.vmovups(ones, Mem.at(RAX, ONES));
    }
  }

  // Tokens 3 i, 3 i + 1 and 3 i + 2 are reached from one register, with an index of 0, 1 or 2
  // strides.
  private static int tokenBase(int token) {
    return switch (token / 3) {
      case 0 -> RAX;
      case 1 -> R8;
      case 2 -> R9;
      default -> R10;
    };
  }

  private void pointAtTokens() {
    a.load(RAX, Mem.at(RDI, X));
    a.lea(R14, Mem.at(RDX, RDX, 2, 0));
    for (int i = 3; i < tokens; i += 3) {
      a.mov(tokenBase(i), tokenBase(i - 3));
      a.add(tokenBase(i), R14);
    }
  }

  private static Mem token(int token, int disp) {
    int within = token % 3;
    return within == 0
        ? Mem.at(tokenBase(token), disp)
        : Mem.at(tokenBase(token), RDX, within, disp);
  }

  private void startSums() {
    Label fresh = new Label();
    Label done = new Label();
    a.load(R12, Mem.at(RDI, CONTINUE));
    a.test(R12, R12);
    a.jcc(Condition.EQUAL, fresh);
    a.mov(R12, RBX);
    for (int t = 0; t < tokens; t++) {
      a.vmovups(t, Mem.at(R12, 4 * lanes * half));
      a.add(R12, RBP);
    }
    a.jmp(done);
    a.bind(fresh);
    for (int t = 0; t < tokens; t++) {
      a.vpxor(t, t, t);
    }
    a.bind(done);
  }

  private void storeSums() {
    Label plain = new Label();
    a.test(R13, R13);
    a.jcc(Condition.EQUAL, plain);
    for (int t = 0; t < tokens; t++) {
      a.vaddps(t, t, Mem.at(R13, 4 * lanes * half));
    }
    a.addImmediate(R13, LINE);
    a.bind(plain);
    a.mov(R12, RBX);
    for (int t = 0; t < tokens; t++) {
      a.vmovups(Mem.at(R12, 4 * lanes * half), t);
      a.add(R12, RBP);
    }
  }

  private void unit() {
    if (layout.small() != Small.NONE) {
      halves(blockScale, 0);
    }
    for (int sub = 0; sub < layout.subs(); sub++) {
      subBlock(sub);
    }
  }

  /// Asks for the share of a group in the lines of a unit that is read later. A burst of prefetches
  /// would wait for the few misses that a core can have under way.
  private void prefetch(int group) {
    if (prefetch == 0 || half > 0) {
      return;
    }
    int groups = layout.unitSize() / 4;
    int lines = Math.ceilDiv(layout.unitBytes(), LINE);
    for (int i = lines * group / groups; i < lines * (group + 1) / groups; i++) {
      a.prefetcht0(Mem.at(RSI, prefetch + LINE * i));
    }
  }

  private Mem words(int offset) {
    return Mem.at(RSI, offset + 4 * lanes * half);
  }

  /// Sixteen scales as floats.
  private void halves(int to, int offset) {
    Mem from = Mem.at(RSI, offset + 2 * lanes * half);
    if (layout.hasBf16Scales()) {
      a.vpmovzxwd(to, from);
      a.vpslld(to, to, 16);
    } else {
      a.vcvtph2ps(to, from);
    }
  }

  private void subBlock(int sub) {
    int perRecord = RoundedRows.BLOCK / layout.subSize();
    int record = RoundedRows.RECORD_BYTES * (sub / perRecord);
    int part = sub % perRecord;
    startWhole(record, part);
    int groups = layout.subSize() / 4;
    for (int i = 0; i < groups; i++) {
      int group = sub * groups + i;
      prefetch(group);
      unpack(group);
      dot(record + 4 * (group % GROUP));
    }
    scale(sub);
    for (int t = 0; t < tokens; t++) {
      a.vcvtdq2ps(whole + t, whole + t);
      timesScaleOfToken(scale, t, record + RoundedRows.SCALE);
      a.vfmadd231ps(t, whole + t, product);
    }
    if (layout.hasMins()) {
      addMin(sub, record, part);
    }
  }

  private void timesScaleOfToken(int vector, int t, int disp) {
    if (lanes == 16) {
      a.vmulps(product, vector, token(t, disp).repeated());
    } else {
      a.vbroadcastss(product, token(t, disp));
      a.vmulps(product, vector, product);
    }
  }

  private void startWhole(int record, int part) {
    for (int t = 0; t < tokens; t++) {
      int r = whole + t;
      if (signed || layout.offset() == 0) {
        a.vpxor(r, r, r);
      } else if (layout.subSize() == 32) {
        boolean all = layout.offset() == 128;
        int field = all ? RoundedRows.MINUS_128_SUM : RoundedRows.MINUS_8_SUM;
        a.vpbroadcastd(r, token(t, record + field));
        shiftLeft(r, all ? 1 : layout.offset() / 8);
      } else {
        int field = RoundedRows.MINUS_4_SUM_OF_FIRST + 4 * part;
        a.vpbroadcastd(r, token(t, record + field));
        shiftLeft(r, layout.offset() / 4);
      }
    }
  }

  private void shiftLeft(int r, int factor) {
    if (factor > 1) {
      a.vpslld(r, r, Integer.numberOfTrailingZeros(factor));
    }
  }

  /// The levels of a group, in the bytes of w.
  private void unpack(int group) {
    a.vmovups(w, words(layout.lowOffset(group)));
    int shift = layout.lowShift(group);
    if (shift > 0) {
      a.vpsrld(w, w, shift);
    }
    if (layout.lowBits() < 8) {
      a.vpand(w, w, lowMask);
    }
    if (layout.highBits() > 0) {
      unpackHigh(group);
    }
    if (layout.table() != Table.NONE) {
      a.vpshufb(w, highMask, w);
    }
    if (signed) {
      if (layout.table() == Table.NONE) {
        a.load(R14, Mem.at(RDI, CONSTANTS));
        a.vmovups(t0, Mem.at(R14, SIGN_BITS));
        a.vpxor(w, w, t0);
      }
      a.vpabsb(magnitude, w);
    }
  }

  private void unpackHigh(int group) {
    a.vmovups(t0, words(layout.highOffset(group)));
    int right = layout.highShift(group) - layout.lowBits();
    if (right > 0) {
      a.vpsrld(t0, t0, right);
    } else if (right < 0) {
      a.vpslld(t0, t0, -right);
    }
    a.vpand(t0, t0, highMask);
    a.vpor(w, w, t0);
  }

  private void dot(int disp) {
    for (int t = 0; t < tokens; t++) {
      Mem x = token(t, disp);
      if (lanes == 16) {
        a.vpdpbusd(whole + t, w, x.repeated());
      } else {
        a.vpbroadcastd(t0, x);
        if (signed) {
          a.vpsignb(t0, t0, w);
        }
        a.vpmaddubsw(t0, signed ? magnitude : w, t0);
        a.vpmaddwd(t0, t0, ones);
        a.vpaddd(whole + t, whole + t, t0);
      }
    }
  }

  /// The scale of a sub-block, exact.
  private void scale(int sub) {
    Mem bytes = Mem.at(RSI, layout.smallOffset() + 16 * sub + lanes * half);
    switch (layout.small()) {
      case NONE -> {
        halves(scale, 0);
        return;
      }
      case SIGNED -> a.vpmovsxbd(scale, bytes);
      case WITH_MIN -> a.vpmovzxbd(scale, bytes);
      case NIBBLES -> {
        a.vpmovzxbd(scale, bytes);
        a.vpslld(scale, scale, 28);
        a.vpsrld(scale, scale, 28);
      }
    }
    a.vcvtdq2ps(scale, scale);
    a.vmulps(scale, scale, blockScale);
  }

  private void addMin(int sub, int record, int part) {
    int field =
        layout.subSize() == 32
            ? RoundedRows.SCALED_SUM
            : RoundedRows.SCALED_SUM_OF_FIRST + 4 * part;
    boolean whole = layout.small() == Small.NONE;
    if (whole) {
      halves(min, layout.minOffset());
    } else {
      smallMin(sub);
    }
    for (int t = 0; t < tokens; t++) {
      Mem x = token(t, record + field);
      if (lanes == 8) {
        a.vbroadcastss(product, x);
      }
      if (whole) {
        addProduct(t, x);
      } else {
        subtractProduct(t, x);
      }
    }
  }

  private void addProduct(int t, Mem x) {
    if (lanes == 16) {
      a.vfmadd231ps(t, min, x.repeated());
    } else {
      a.vfmadd231ps(t, min, product);
    }
  }

  private void subtractProduct(int t, Mem x) {
    if (lanes == 16) {
      a.vfnmadd231ps(t, min, x.repeated());
    } else {
      a.vfnmadd231ps(t, min, product);
    }
  }

  /// The minimum of a sub-block, which is to be subtracted.
  private void smallMin(int sub) {
    boolean nibbles = layout.small() == Small.NIBBLES;
    int offset = nibbles ? layout.smallOffset() : layout.smallMinOffset();
    a.vpmovzxbd(min, Mem.at(RSI, offset + 16 * sub + lanes * half));
    if (nibbles) {
      a.vpsrld(min, min, 4);
    }
    a.vcvtdq2ps(min, min);
    halves(product, layout.minOffset());
    a.vmulps(min, min, product);
  }
}
