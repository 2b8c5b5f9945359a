package dev.kawi.kernel;

/// exp of a float by range reduction and a polynomial of degree 6 (Cephes' `expf` with fused
/// steps): within 2 ulp, and the same bits wherever the same operations are done, which `Math.exp`
/// and the vector library do not promise.
final class Exp {
  static final float LOG2_E = 1.442695f;
  static final float LN2_HIGH = 0.6933594f;
  static final float LN2_LOW = -2.1219444e-04f;

  /// Adding and subtracting this rounds to the nearest whole number; its low bits then hold it.
  static final float ROUND = 12582912f;

  static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
  static final float MAX = 88.3f;

  /// Below this the result is 0.
  static final float MIN = -87.3f;

  static final float P0 = 1.9875691e-04f;
  static final float P1 = 0.0013981999f;
  static final float P2 = 0.008333452f;
  static final float P3 = 0.041665796f;
  static final float P4 = 0.16666666f;
  static final float P5 = 0.5f;

  static final float GELU_A = 0.044715f;
  static final float GELU_2C = 2f * 0.7978846f;

  /// From here on the tail of the normal distribution is 0 as a float.
  static final float TAIL_END = 14f;

  // The tail is exp(-x^2 / 2) t (C1 + C2 t + ... + C5 t^4) with t = 1 / (1 + P x), to 7.5e-8.
  // Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17.
  static final float TAIL_P = 0.2316419f;
  static final float TAIL_C1 = 0.1274148f;
  static final float TAIL_C2 = -0.14224836f;
  static final float TAIL_C3 = 0.7107069f;
  static final float TAIL_C4 = -0.72657603f;
  static final float TAIL_C5 = 0.5307027f;
  static final float MINUS_HALF = -0.5f;

  private Exp() {}

  static float exp(float x) {
    float clamped = Math.max(Math.min(x, MAX), MIN);
    float shifted = Math.fma(clamped, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, clamped));
    float p = Math.fma(P0, r, P1);
    p = Math.fma(p, r, P2);
    p = Math.fma(p, r, P3);
    p = Math.fma(p, r, P4);
    p = Math.fma(p, r, P5);
    p = Math.fma(p, r * r, r) + 1f;
    int exponent = Float.floatToRawIntBits(shifted) - ROUND_BITS;
    float result = Float.intBitsToFloat(Float.floatToRawIntBits(p) + (exponent << 23));
    return x < MIN ? 0f : result;
  }

  static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }

  static float tanh(float x) {
    return 1f - 2f / (exp(2f * x) + 1f);
  }

  static float silu(float x) {
    return x / (1f + exp(-x));
  }

  /// What is positive of x, less |x| times the tail beyond |x|.
  static float geluExact(float x) {
    float size = Math.min(Math.abs(x), TAIL_END);
    float t = 1f / Math.fma(TAIL_P, size, 1f);
    float p = Math.fma(TAIL_C5, t, TAIL_C4);
    p = Math.fma(p, t, TAIL_C3);
    p = Math.fma(p, t, TAIL_C2);
    p = Math.fma(p, t, TAIL_C1);
    float tail = p * t * exp(size * size * MINUS_HALF);
    return Math.max(x, 0f) - tail * size;
  }

  /// 0.5x(1 + tanh(u)) = x / (1 + exp(-2u)).
  static float gelu(float x) {
    float u2 = GELU_2C * (x * Math.fma(GELU_A * x, x, 1f));
    return x / (1f + exp(-u2));
  }
}
