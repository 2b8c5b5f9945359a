package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.Tensor;

/// The gate of gpt-oss: min(g, limit) * sigmoid(alpha * min(g, limit)) * (clamp(u, -limit, limit) +
/// 1). One plain loop for all tiers. Source: the reference implementation of gpt-oss (`swiglu`).
public final class SwiGlu {
  private SwiGlu() {}

  /// Elements from (inclusive) to (exclusive) of y, which may be `gate` or `up`.
  public static void clamped(
      Tensor gate, Tensor up, float alpha, float limit, Tensor y, int from, int to) {
    for (int i = from; i < to; i++) {
      float g = Math.min(gate.data().getAtIndex(JAVA_FLOAT, i), limit);
      float u = Math.clamp(up.data().getAtIndex(JAVA_FLOAT, i), -limit, limit);
      y.data().setAtIndex(JAVA_FLOAT, i, g * Exp.sigmoid(alpha * g) * (u + 1));
    }
  }
}
