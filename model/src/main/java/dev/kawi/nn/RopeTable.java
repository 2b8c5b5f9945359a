package dev.kawi.nn;

import java.util.Arrays;

/// Cosines and sines of a [Rope] for positions 0 to n - 1, computed once.
final class RopeTable {
  private static final int GROWTH = 256;

  private final Rope rope;
  private final int pairs;
  private float[] cos = new float[0];
  private float[] sin = new float[0];
  private int positions;

  RopeTable(Rope rope) {
    this.rope = rope;
    this.pairs = rope.dims() / 2;
  }

  /// Makes sure that positions below `count` are there.
  void reach(int count) {
    if (count <= positions) {
      return;
    }
    int target = Math.max((count + GROWTH - 1) / GROWTH * GROWTH, positions + positions / 2);
    cos = Arrays.copyOf(cos, target * pairs);
    sin = Arrays.copyOf(sin, target * pairs);
    for (int p = positions; p < target; p++) {
      rope.angles(p, cos, sin, p * pairs);
    }
    positions = target;
  }

  float[] cos() {
    return cos;
  }

  float[] sin() {
    return sin;
  }

  /// Where a position begins in [#cos] and [#sin].
  int at(int position) {
    return position * pairs;
  }
}
