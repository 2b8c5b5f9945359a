package dev.kawi.engine;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.Tensor;

/// How the states of a text's tokens become one vector.
enum Pooling {
  /// The mean of all of them.
  MEAN,
  /// The first one.
  FIRST,
  /// The last one.
  LAST;

  /// What the file says: 1 for the mean, 2 for the first, 3 for the last; the mean if it says
  /// nothing, or that it is a reranker (4).
  static Pooling of(Metadata metadata) {
    String arch = metadata.string("general.architecture").orElse("");
    int type = metadata.integer(arch + ".pooling_type").orElse(1);
    return switch (type) {
      case 0, 1, 4 -> MEAN;
      case 2 -> FIRST;
      case 3 -> LAST;
      default ->
          throw new ModelFormatException(
              "gguf: %s.pooling_type is %d; supported are 1 (mean), 2 (first), 3 (last), 4 (rank)"
                  .formatted(arch, type));
    };
  }

  /// One vector of length 1 of states [numTokens, hiddenSize].
  float[] unitVector(Tensor states) {
    double[] pooled = sum(states);
    double squares = 0;
    for (double value : pooled) {
      squares += value * value;
    }
    double length = squares == 0 ? 1 : Math.sqrt(squares);
    float[] unit = new float[pooled.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (pooled[i] / length);
    }
    return unit;
  }

  /// One vector of states, as long as it is: [1, hiddenSize].
  Tensor pooled(Tensor states) {
    double[] sum = sum(states);
    float[] pooled = new float[sum.length];
    for (int i = 0; i < pooled.length; i++) {
      pooled[i] = (float) (this == MEAN ? sum[i] / states.rows() : sum[i]);
    }
    return Tensor.of(pooled, 1, pooled.length);
  }

  /// The direction of the mean is that of the sum.
  private double[] sum(Tensor states) {
    return switch (this) {
      case MEAN -> sum(states, 0, states.rows());
      case FIRST -> sum(states, 0, 1);
      case LAST -> sum(states, states.rows() - 1, states.rows());
    };
  }

  private static double[] sum(Tensor states, int from, int to) {
    double[] sum = new double[states.cols()];
    for (int t = from; t < to; t++) {
      float[] row = states.row(t);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += row[i];
      }
    }
    return sum;
  }
}
