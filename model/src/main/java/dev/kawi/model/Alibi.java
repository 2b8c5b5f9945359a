package dev.kawi.model;

import dev.kawi.tensor.Tensor;

/// Biases on scores that grow with the distance, instead of positions. Source: arXiv 2108.12409.
final class Alibi {
  private static final double MAX_BIAS = 8;

  private Alibi() {}

  /// A geometric sequence over the largest power of two of heads, and every other member of one of
  /// twice as many for the rest.
  static Tensor slopes(int numHeads) {
    int power = Integer.highestOneBit(numHeads);
    float[] slopes = new float[numHeads];
    for (int h = 0; h < numHeads; h++) {
      double exponent =
          h < power ? MAX_BIAS / power * (h + 1) : MAX_BIAS / (2 * power) * (2 * (h - power) + 1);
      slopes[h] = (float) StrictMath.pow(2, -exponent);
    }
    return Tensor.of(slopes, 1, numHeads);
  }
}
