package dev.kawi.nn;

import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Projection.Qkv;
import dev.kawi.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Collects the second moments of the inputs of every [Linear]: for each input column the sum of
/// x^2 over all tokens, and their count: the statistics of an importance matrix.
public final class ObservingExecutor extends DelegatingExecutor {
  /// Second moments of the inputs of one linear map.
  public static final class Moments {
    private final double[] sums;
    private long count;

    Moments(int in) {
      sums = new double[in];
    }

    void accept(Tensor x, Executor ex) {
      float[] row = new float[x.cols()];
      for (int t = 0; t < x.rows(); t++) {
        ex.read(x, t, row);
        for (int k = 0; k < row.length; k++) {
          sums[k] += (double) row[k] * row[k];
        }
      }
      count += x.rows();
    }

    /// Sum of x^2 of each input column.
    public double[] sums() {
      return sums.clone();
    }

    /// Tokens.
    public long count() {
      return count;
    }
  }

  private final Map<String, Moments> moments = new LinkedHashMap<>();

  /// Observes what `base` computes.
  public ObservingExecutor(Executor base) {
    super(base);
  }

  @Override
  public Tensor linear(Linear linear, Tensor x) {
    moments.computeIfAbsent(linear.name(), name -> new Moments(linear.in())).accept(x, base());
    return super.linear(linear, x);
  }

  @Override
  public Qkv qkv(Projection.Separate maps, Tensor x) {
    return Decompositions.qkv(maps, x, this);
  }

  @Override
  public Tensor gated(GatedMlp mlp, Tensor x) {
    return Decompositions.gated(mlp, x, this);
  }

  @Override
  public Tensor experts(Moe moe, Tensor routerLogits, Tensor x) {
    return Decompositions.experts(moe, routerLogits, x, this);
  }

  @Override
  public Tensor logits(Decoder decoder, Tensor x, int[] rows) {
    return decoder.logits(gather(x, rows), this);
  }

  /// The moments by the name of the linear map, in the order of first use.
  public Map<String, Moments> moments() {
    return java.util.Collections.unmodifiableMap(moments);
  }
}
