package dev.kawi.nn;

import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.FeedForward.Moe.Choice;
import dev.kawi.nn.FeedForward.Moe.Weights;
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

  /// Chooses the experts of each token by the router's logits [numTokens, numExperts]; a tie goes
  /// to the lower number. Shares are computed in double precision.
  public static Routing of(Moe moe, Tensor logits) {
    int numExperts = logits.cols();
    int[][] chosen = new int[logits.rows()][];
    double[][] shares = new double[logits.rows()][];
    int[] counts = new int[numExperts];
    for (int t = 0; t < logits.rows(); t++) {
      shares[t] = shares(moe.choice(), logits.row(t));
      chosen[t] = choose(moe.choice(), shares[t]);
      scale(moe.choice(), shares[t], chosen[t]);
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

  private static double[] shares(Choice choice, float[] logits) {
    return switch (choice.weights()) {
      case SOFTMAX, SOFTMAX_OF_CHOSEN -> softmax(logits);
      case SIGMOID, SIGMOID_NORMALIZED -> sigmoid(logits);
    };
  }

  private static double[] softmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double[] shares = new double[logits.length];
    double sum = 0;
    for (int e = 0; e < logits.length; e++) {
      shares[e] = StrictMath.exp(logits[e] - max);
      sum += shares[e];
    }
    for (int e = 0; e < shares.length; e++) {
      shares[e] /= sum;
    }
    return shares;
  }

  private static double[] sigmoid(float[] logits) {
    double[] shares = new double[logits.length];
    for (int e = 0; e < logits.length; e++) {
      shares[e] = 1 / (1 + StrictMath.exp(-logits[e]));
    }
    return shares;
  }

  private static int[] choose(Choice choice, double[] shares) {
    double[] liked = shares.clone();
    if (choice.bias() != null) {
      float[] bias = choice.bias().row(0);
      for (int e = 0; e < liked.length; e++) {
        liked[e] += bias[e];
      }
    }
    if (choice.groups() > 1) {
      keepBestGroups(choice, liked);
    }
    return best(liked, choice.topK());
  }

  /// Leaves the experts of all other groups out.
  private static void keepBestGroups(Choice choice, double[] liked) {
    int size = liked.length / choice.groups();
    boolean ofTwo =
        choice.weights() == Weights.SIGMOID || choice.weights() == Weights.SIGMOID_NORMALIZED;
    double[] scores = new double[choice.groups()];
    for (int g = 0; g < scores.length; g++) {
      double[] group = Arrays.copyOfRange(liked, g * size, (g + 1) * size);
      Arrays.sort(group);
      scores[g] = group[size - 1] + (ofTwo && size > 1 ? group[size - 2] : 0);
    }
    int[] kept = best(scores, choice.groupsUsed());
    for (int e = 0; e < liked.length; e++) {
      if (Arrays.binarySearch(kept, e / size) < 0) {
        liked[e] = Double.NEGATIVE_INFINITY;
      }
    }
  }

  private static int[] best(double[] scores, int count) {
    int[] best = new int[count];
    boolean[] taken = new boolean[scores.length];
    for (int i = 0; i < count; i++) {
      int arg = -1;
      for (int e = 0; e < scores.length; e++) {
        if (!taken[e] && (arg < 0 || scores[e] > scores[arg])) {
          arg = e;
        }
      }
      best[i] = arg;
      taken[arg] = true;
    }
    Arrays.sort(best);
    return best;
  }

  private static void scale(Choice choice, double[] shares, int[] chosen) {
    double sum = 0;
    for (int e : chosen) {
      sum += shares[e];
    }
    boolean asTheyAre = choice.weights() == Weights.SOFTMAX || choice.weights() == Weights.SIGMOID;
    double factor = asTheyAre ? choice.scale() : choice.scale() / Math.max(sum, Double.MIN_NORMAL);
    for (int e : chosen) {
      shares[e] *= factor;
    }
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
