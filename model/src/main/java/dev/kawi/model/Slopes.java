package dev.kawi.model;

import dev.kawi.tensor.Tensor;

/// The slopes of ALiBi, by which the scores of each head fall with distance, in models without
/// another encoding of positions. Source: arXiv 2108.12409.
final class Slopes {
  /// The exponent of the last slope in the paper.
  static final double USUAL = 8;

  private Slopes() {}

  /// A geometric sequence over the largest power of two of heads, and every other member of one of
  /// twice as many for the rest: [1, numHeads].
  ///
  /// @param last the last slope of the sequence is 2 to the power of minus this
  static Tensor of(int numHeads, double last) {
    int power = Integer.highestOneBit(numHeads);
    float[] slopes = new float[numHeads];
    for (int h = 0; h < numHeads; h++) {
      double exponent =
          h < power ? last / power * (h + 1) : last / (2 * power) * (2 * (h - power) + 1);
      slopes[h] = (float) StrictMath.pow(2, -exponent);
    }
    return Tensor.of(slopes, 1, numHeads);
  }
}
