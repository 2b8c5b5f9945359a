package dev.kawi.nn;

import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Projection.Qkv;
import dev.kawi.tensor.Tensor;

/// Composite operations of an [Executor], made of simple ones: what executors without a fused form
/// run, and what an observer runs to see the parts.
public final class Decompositions {
  private Decompositions() {}

  /// [Executor#qkv], projection by projection.
  public static Qkv qkv(Projection.Separate maps, Tensor x, Executor ex) {
    return new Qkv(
        ex.linear(maps.query(), x), ex.linear(maps.key(), x), ex.linear(maps.value(), x));
  }

  /// [Executor#gated], operation by operation.
  public static Tensor gated(GatedMlp mlp, Tensor x, Executor ex) {
    Tensor gate = ex.activate(mlp.activation(), ex.linear(mlp.gate(), x));
    return ex.multiply(gate, ex.linear(mlp.up(), x));
  }

  /// [Executor#experts], expert by expert.
  public static Tensor experts(Moe moe, Tensor routerLogits, Tensor x, Executor ex) {
    Routing routing = ex.route(moe, routerLogits);
    Tensor y = ex.zeros(x.rows(), x.cols());
    for (int e = 0; e < moe.experts().size(); e++) {
      int[] rows = routing.tokens(e);
      if (rows.length > 0) {
        Tensor ofExpert = moe.experts().get(e).forward(ex.gather(x, rows), ex);
        ex.scatterAdd(y, ofExpert, rows, routing.weights(e));
      }
    }
    return y;
  }
}
