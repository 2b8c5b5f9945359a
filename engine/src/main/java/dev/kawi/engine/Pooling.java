package dev.kawi.engine;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;

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

  /// An empty sum of a text's states.
  ///
  /// @param numTokens tokens of the text
  Sum sum(int hiddenSize, int numTokens) {
    return new Sum(hiddenSize, numTokens);
  }

  /// What becomes one vector, state by state in order, so that it does not depend on how a text is
  /// cut into steps.
  final class Sum {
    private final double[] sum;
    private final int numTokens;

    private Sum(int hiddenSize, int numTokens) {
      sum = new double[hiddenSize];
      this.numTokens = numTokens;
    }

    /// Takes the state of a position.
    void add(int position, float[] state) {
      boolean counts =
          switch (Pooling.this) {
            case MEAN -> true;
            case FIRST -> position == 0;
            case LAST -> position == numTokens - 1;
          };
      if (counts) {
        for (int i = 0; i < sum.length; i++) {
          sum[i] += state[i];
        }
      }
    }

    /// The vector as long as it is: [hiddenSize].
    float[] pooled() {
      float[] pooled = new float[sum.length];
      for (int i = 0; i < pooled.length; i++) {
        pooled[i] = (float) (Pooling.this == MEAN ? sum[i] / numTokens : sum[i]);
      }
      return pooled;
    }
  }

  /// A vector of the direction of this one, of length 1.
  static float[] unit(float[] vector) {
    float[] unit = vector.clone();
    double squares = 0;
    for (float value : unit) {
      squares += (double) value * value;
    }
    double length = squares == 0 ? 1 : Math.sqrt(squares);
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (unit[i] / length);
    }
    return unit;
  }
}
