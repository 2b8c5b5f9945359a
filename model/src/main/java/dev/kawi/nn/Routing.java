package dev.kawi.nn;

import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.tensor.Tensor;
import java.util.Arrays;

/// Which tokens go to which expert, and with what weight.
public final class Routing {
  private final int[][] tokens;
  private final float[][] weights;

  private Routing(int[][] tokens, float[][] weights) {
    this.tokens = tokens;
    this.weights = weights;
  }

  /// Chooses the best `topK` experts of each token by the router's logits [numTokens, numExperts];
  /// a tie goes to the lower number. Weights come from a softmax in double precision.
  public static Routing of(Moe moe, Tensor logits) {
    int numExperts = logits.cols();
    int[][] chosen = new int[logits.rows()][];
    double[][] shares = new double[logits.rows()][];
    int[] counts = new int[numExperts];
    for (int t = 0; t < logits.rows(); t++) {
      float[] row = logits.row(t);
      chosen[t] = best(row, moe.topK());
      shares[t] = softmax(row, moe.normalize() == Moe.Weights.SOFTMAX ? null : chosen[t]);
      for (int e : chosen[t]) {
        counts[e]++;
      }
    }
    int[][] tokens = new int[numExperts][];
    float[][] weights = new float[numExperts][];
    for (int e = 0; e < numExperts; e++) {
      tokens[e] = new int[counts[e]];
      weights[e] = new float[counts[e]];
    }
    int[] filled = new int[numExperts];
    for (int t = 0; t < chosen.length; t++) {
      for (int e : chosen[t]) {
        tokens[e][filled[e]] = t;
        weights[e][filled[e]++] = (float) shares[t][e];
      }
    }
    return new Routing(tokens, weights);
  }

  private static int[] best(float[] logits, int count) {
    int[] best = new int[count];
    boolean[] taken = new boolean[logits.length];
    for (int i = 0; i < count; i++) {
      int arg = -1;
      for (int e = 0; e < logits.length; e++) {
        if (!taken[e] && (arg < 0 || logits[e] > logits[arg])) {
          arg = e;
        }
      }
      best[i] = arg;
      taken[arg] = true;
    }
    Arrays.sort(best);
    return best;
  }

  /// Softmax over all experts, or over `only`.
  private static double[] softmax(float[] logits, int @org.jspecify.annotations.Nullable [] only) {
    double[] shares = new double[logits.length];
    int[] over = only != null ? only : java.util.stream.IntStream.range(0, logits.length).toArray();
    double max = Double.NEGATIVE_INFINITY;
    for (int e : over) {
      max = Math.max(max, logits[e]);
    }
    double sum = 0;
    for (int e : over) {
      shares[e] = StrictMath.exp(logits[e] - max);
      sum += shares[e];
    }
    for (int e : over) {
      shares[e] /= sum;
    }
    return shares;
  }

  /// The tokens that go to an expert, ascending.
  public int[] tokens(int expert) {
    return tokens[expert];
  }

  /// Their weights.
  public float[] weights(int expert) {
    return weights[expert];
  }
}
