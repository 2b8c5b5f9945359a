package dev.kawi.sample;

/// The exponential function with the same bits on every machine.
///
/// `Math.exp` may differ between machines (the JVM replaces it by an intrinsic), and one bit is
/// enough to move a token across the border of top-p. `StrictMath.exp` is exact but slow for a
/// whole vocabulary. This one uses nothing but IEEE additions and multiplications: the argument is
/// split as `k ln 2 + r` with `|r| <= ln(2)/2`, `e^r` is its Taylor polynomial of degree 11, and
/// `2^k` is put together from bits. The relative error is below 1e-13.
final class StableExp {
  private static final double LOG2_E = 1.4426950408889634;

  /// ln 2 in two parts; the high one has 21 zero bits at its end, so that `k * LN2_HIGH` is exact.
  private static final double LN2_HIGH = 0x1.62e42feep-1;

  private static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  /// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
  private static final double ROUNDER = 0x1.8p52;

  /// Below this the result cannot matter to a float.
  private static final double SMALLEST = -700;

  private StableExp() {}

  /// `e^x` for `x <= 0`, which is all that a softmax needs; 0 for `x < -700`.
  static double exp(double x) {
    if (x < SMALLEST) {
      return 0;
    }
    double k = x * LOG2_E + ROUNDER - ROUNDER;
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    return polynomial(r) * Double.longBitsToDouble((long) (k + 1023) << 52);
  }

  /// The even and odd halves are independent, which halves the chain of operations that wait for
  /// each other.
  private static double polynomial(double r) {
    double s = r * r;
    double even =
        1
            + s
                * (1.0 / 2
                    + s * (1.0 / 24 + s * (1.0 / 720 + s * (1.0 / 40320 + s * (1.0 / 3628800)))));
    double odd =
        1
            + s
                * (1.0 / 6
                    + s
                        * (1.0 / 120
                            + s * (1.0 / 5040 + s * (1.0 / 362880 + s * (1.0 / 39916800)))));
    return even + r * odd;
  }
}
