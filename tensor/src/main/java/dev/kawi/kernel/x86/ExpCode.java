package dev.kawi.kernel.x86;

import static dev.kawi.kernel.x86.Assembler.*;

import dev.kawi.kernel.Exponential;
import dev.kawi.kernel.x86.Assembler.Mem;

/// Emits exp of the lanes of a register in the operations of the numeric definition, for 512 bits.
final class ExpCode {
  /// 32-bit words that [#emit] needs in memory, each repeated over a vector.
  static final int[] WORDS = Exponential.constantBits();

  // Places in WORDS.
  private static final int MAX = 0;
  private static final int MIN = 4;
  private static final int LOG2_E = 8;
  private static final int ROUND = 12;
  private static final int MINUS_LN2_HIGH = 16;
  private static final int MINUS_LN2_LOW = 20;
  private static final int P0 = 24;
  private static final int ONE = 48;

  private ExpCode() {}

  /// x = exp(x). Uses registers `free` to `free + 3` and mask 7.
  ///
  /// @param constants register with the address of WORDS
  static void emit(Assembler a, int x, int free, int constants) {
    int n = free;
    int r = free + 1;
    int p = free + 2;
    int t = free + 3;
    a.vbroadcastss(t, Mem.at(constants, MAX));
    a.vminps(r, t, x); // in this order a NaN stays one
    a.vbroadcastss(t, Mem.at(constants, MIN));
    a.vcmpps(7, x, t, 1);
    a.vmaxps(r, t, r);
    a.vmovaps(x, r);
    a.vbroadcastss(t, Mem.at(constants, ROUND));
    a.vbroadcastss(n, Mem.at(constants, LOG2_E));
    a.vfmadd213ps(x, n, t); // shifted
    a.vsubps(n, x, t);
    a.vfmadd231ps(r, n, Mem.at(constants, MINUS_LN2_HIGH).repeated());
    a.vfmadd231ps(r, n, Mem.at(constants, MINUS_LN2_LOW).repeated());
    a.vbroadcastss(p, Mem.at(constants, P0));
    for (int i = 1; i <= 5; i++) {
      a.vfmadd213ps(p, r, Mem.at(constants, P0 + 4 * i).repeated());
    }
    a.vmulps(n, r, r);
    a.vfmadd213ps(p, n, r);
    a.vbroadcastss(n, Mem.at(constants, ONE));
    a.vaddps(p, p, n);
    a.vpsubd(x, x, t); // the exponent: bits above those of ROUND
    a.vpslld(x, x, 23);
    a.vpaddd(x, p, x);
    a.vpxor(t, t, t);
    a.masked(7).vmovaps(x, t);
  }
}
