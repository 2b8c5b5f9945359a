package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;

import dev.kawi.kernel.x86.Assembler.Condition;
import dev.kawi.kernel.x86.Assembler.Label;
import dev.kawi.kernel.x86.Assembler.Mem;

/// Code that does one thing as fast as the processor can, on vectors of 512 bits: a measure for the
/// kernels.
public final class LimitCode {
  /// Argument: where to read from.
  public static final int SOURCE = 0;

  /// Argument: how many rounds.
  public static final int ROUNDS = 8;

  /// Independent sums: more than the latency of a multiplication times two units.
  public static final int SUMS = 12;

  /// Bytes that a round of [#read] reads.
  public static final int READ_BYTES = 512;

  private LimitCode() {}

  /// Reads memory from end to end.
  public static byte[] read() {
    return loop(a -> {
      for (int i = 0; i < READ_BYTES / 64; i++) {
        a.vmovups(i, Mem.at(RSI, 64 * i));
      }
      a.addImmediate(RSI, READ_BYTES);
    });
  }

  /// Multiplies and adds floats: 16 lanes of each of [#SUMS] sums in a round.
  public static byte[] fma() {
    return loop(a -> {
      for (int i = 0; i < SUMS; i++) {
        a.vfmadd231ps(i, 30, 31);
      }
    });
  }

  /// Multiplies and adds bytes: 64 of each of [#SUMS] sums in a round.
  public static byte[] dot() {
    return loop(a -> {
      for (int i = 0; i < SUMS; i++) {
        a.vpdpbusd(i, 30, 31);
      }
    });
  }

  private interface Body {
    void emit(Assembler a);
  }

  private static byte[] loop(Body body) {
    Assembler a = new Assembler();
    a.load(RSI, Mem.at(RDI, SOURCE));
    a.load(RCX, Mem.at(RDI, ROUNDS));
    for (int r = 0; r < 32; r++) {
      a.vpxor(r, r, r);
    }
    Label round = new Label();
    a.bind(round);
    body.emit(a);
    a.subImmediate(RCX, 1);
    a.jcc(Condition.NOT_EQUAL, round);
    a.vzeroupper();
    a.ret();
    return a.toByteArray();
  }
}
