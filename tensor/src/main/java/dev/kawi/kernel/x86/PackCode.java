package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;

import dev.kawi.kernel.BlockLayout;
import dev.kawi.kernel.x86.Assembler.Condition;
import dev.kawi.kernel.x86.Assembler.Label;
import dev.kawi.kernel.x86.Assembler.Mem;
import dev.kawi.tensor.StorageType;

// How it works. Word w of the blocks of sixteen rows is one gather, whose indices are the distances
// of the rows; scales are cut out of gathered words. All that is read lies inside the blocks.

/// Code that packs groups of sixteen rows, for 512 bits: the first answer should not wait for a
/// compiler.
final class PackCode {
  // The arguments, 64-bit words in memory.
  static final int SOURCE = 0;
  static final int TARGET = 8;
  static final int UNITS = 16;
  static final int INDICES = 24;
  static final int CONSTANTS = 32;

  /// Words in CONSTANTS: 0x80808080, 63, 15, 48.
  static final int[] CONSTANT_WORDS = {0x80808080, 63, 15, 48};

  private static final int LINE = 64;
  private static final int ROWS = 16;

  // Vector registers.
  private static final int INDEX = 31;
  private static final int FLIP = 30;
  private static final int SIX_BITS = 29;
  private static final int FOUR_BITS = 28;
  private static final int UPPER_TWO = 27;

  private final Assembler a = new Assembler();
  private final BlockLayout layout;

  private PackCode(BlockLayout layout) {
    this.layout = layout;
  }

  /// Whether there is code for a type.
  static boolean has(StorageType type) {
    return switch (type) {
      case Q8_0, Q4_0, Q4_1, IQ4_NL, Q4_K, Q5_K, Q6_K -> true;
      default -> false;
    };
  }

  /// Code for a group of sixteen rows.
  static byte[] of(BlockLayout layout) {
    PackCode code = new PackCode(layout);
    code.emit();
    return code.a.toByteArray();
  }

  private void emit() {
    a.load(RSI, Mem.at(RDI, SOURCE));
    a.load(RDX, Mem.at(RDI, TARGET));
    a.load(RCX, Mem.at(RDI, UNITS));
    a.load(RAX, Mem.at(RDI, INDICES));
    a.vmovups(INDEX, Mem.at(RAX, 0));
    a.load(RAX, Mem.at(RDI, CONSTANTS));
    int[] registers = {FLIP, SIX_BITS, FOUR_BITS, UPPER_TWO};
    for (int i = 0; i < registers.length; i++) {
      a.vpbroadcastd(registers[i], Mem.at(RAX, 4 * i));
    }
    a.movImmediate(RAX, 0xFFFF);
    Label unit = new Label();
    a.bind(unit);
    unit();
    a.addImmediate(RSI, layout.type().blockBytes());
    a.addImmediate(RDX, layout.unitBytes());
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, unit);
    a.vzeroupper();
    a.ret();
  }

  private void unit() {
    switch (layout.type()) {
      case Q8_0 -> {
        scale(0, 0);
        words(2, 8);
      }
      case Q4_0, IQ4_NL -> {
        scale(0, 0);
        words(2, 4);
      }
      case Q4_1 -> {
        scaleAndMin();
        words(4, 4);
      }
      case Q4_K, Q5_K -> {
        scaleAndMin();
        sixBitScales();
        words(16, layout.words());
      }
      case Q6_K -> {
        scale(206, 16);
        for (int i = 0; i < 4; i++) {
          gather(0, 192 + 4 * i);
          for (int b = 0; b < 4; b++) {
            bytes(layout.smallOffset() + ROWS * (4 * i + b), 0, 8 * b);
          }
        }
        q6KWords();
      }
      default -> throw new AssertionError("Bug: no code packs " + layout.type());
    }
  }

  private void gather(int to, int offset) {
    a.kmovw(1, RAX);
    a.vpgatherdd(to, 1, RSI, INDEX, offset);
  }

  /// The 16 bits at `shift` of the word at this offset.
  private void scale(int offset, int shift) {
    gather(0, offset);
    if (shift > 0) {
      a.vpsrld(0, 0, shift);
    }
    a.vpmovdw(Mem.at(RDX, 0), 0);
  }

  private void scaleAndMin() {
    gather(0, 0);
    a.vpmovdw(Mem.at(RDX, 0), 0);
    a.vpsrld(0, 0, 16);
    a.vpmovdw(Mem.at(RDX, layout.minOffset()), 0);
  }

  private void words(int offset, int count) {
    for (int i = 0; i < count; i++) {
      word(offset + 4 * i, i);
    }
  }

  private void word(int offset, int place) {
    int r = place % 8;
    gather(r, offset);
    if (layout.type() == StorageType.Q8_0) {
      a.vpxor(r, r, FLIP);
    }
    a.vmovups(Mem.at(RDX, layout.wordOffset() + LINE * place), r);
  }

  private void q6KWords() {
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < 8; i++) {
        word(64 * half + 4 * i, 24 * half + 2 * i);
        word(128 + 32 * half + 4 * i, 24 * half + 2 * i + 1);
        word(64 * half + 32 + 4 * i, 24 * half + 16 + i);
      }
    }
  }

  /// The bytes at `shift` of the lanes of a register.
  private void bytes(int offset, int from, int shift) {
    int r = from;
    if (shift > 0) {
      r = 4;
      a.vpsrld(r, from, shift);
    }
    a.vpmovdb(Mem.at(RDX, offset), r);
  }

  /// Eight scales and eight minimums of 6 bits in twelve bytes; see Blocks.
  private void sixBitScales() {
    gather(0, 4);
    gather(1, 8);
    gather(2, 12);
    for (int sub = 0; sub < 8; sub++) {
      sixBits(layout.smallOffset() + ROWS * sub, 0, 0, sub);
      sixBits(layout.smallMinOffset() + ROWS * sub, 1, 4, sub);
    }
  }

  /// Of a sub-block below 4: byte `sub` of `first`. Of the others: four bits of register 2 below
  /// the upper two bits of byte `sub - 4` of `first`.
  private void sixBits(int offset, int first, int lowShift, int sub) {
    int shift = 8 * (sub % 4);
    if (sub < 4) {
      shifted(5, first, shift);
      a.vpand(5, 5, SIX_BITS);
    } else {
      shifted(5, 2, shift + lowShift);
      a.vpand(5, 5, FOUR_BITS);
      shifted(6, first, shift + 2);
      a.vpand(6, 6, UPPER_TWO);
      a.vpor(5, 5, 6);
    }
    a.vpmovdb(Mem.at(RDX, offset), 5);
  }

  private void shifted(int to, int from, int shift) {
    if (shift == 0) {
      a.vmovaps(to, from);
    } else {
      a.vpsrld(to, from, shift);
    }
  }
}
