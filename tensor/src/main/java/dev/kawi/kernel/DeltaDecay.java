package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.Tensor;

/// What a gated delta rule leaves of its state: exp(rate * softplus(alpha)), in double and rounded
/// once, by functions that give the same bits everywhere. One plain loop for all tiers, since there
/// is one number for each token and head. Source: arXiv 2412.06464, and the Qwen3-Next model of
/// Hugging Face transformers.
public final class DeltaDecay {
  private DeltaDecay() {}

  /// Rows from (inclusive) to (exclusive) of y; `rates` is [1, numHeads] and not above 0.
  public static void of(Tensor alpha, Tensor rates, Tensor y, int from, int to) {
    int heads = rates.cols();
    for (long i = (long) from * heads; i < (long) to * heads; i++) {
      double rate = rates.data().getAtIndex(JAVA_FLOAT, i % heads);
      double decay = StrictMath.exp(rate * softplus(alpha.data().getAtIndex(JAVA_FLOAT, i)));
      y.data().setAtIndex(JAVA_FLOAT, i, (float) decay);
    }
  }

  /// ln(1 + exp(x)).
  private static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }
}
