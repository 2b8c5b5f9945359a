package dev.kawi.kernel;

/// The constants of [Exp] for code that is generated.
public final class Exponential {
  /// The coefficients of GELU, as they are used.
  public static final float GELU_A = Exp.GELU_A;

  public static final float GELU_2C = Exp.GELU_2C;

  private Exponential() {}

  /// Where the tail of the normal distribution ends, its P, the coefficients from the fifth to the
  /// first, and -1/2.
  public static float[] normalTail() {
    return new float[] {
      Exp.TAIL_END,
      Exp.TAIL_P,
      Exp.TAIL_C5,
      Exp.TAIL_C4,
      Exp.TAIL_C3,
      Exp.TAIL_C2,
      Exp.TAIL_C1,
      Exp.MINUS_HALF,
    };
  }

  /// Bits of the largest and smallest argument, log2(e), the rounding constant, minus the two parts
  /// of ln 2, the six coefficients and 1.
  public static int[] constantBits() {
    float[] values = {
      Exp.MAX,
      Exp.MIN,
      Exp.LOG2_E,
      Exp.ROUND,
      -Exp.LN2_HIGH,
      -Exp.LN2_LOW,
      Exp.P0,
      Exp.P1,
      Exp.P2,
      Exp.P3,
      Exp.P4,
      Exp.P5,
      1f,
    };
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
