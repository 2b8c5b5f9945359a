package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Projection.Qkv;
import dev.kawi.tensor.Tensor;
import java.util.List;

/// Carries out a forward pass. An architecture says *what* is computed, once; an executor decides
/// how and what else happens: [FastExecutor] runs kernels over reused memory, [TappingExecutor]
/// hands out what passes by, [ObservingExecutor] collects statistics of the inputs of each
/// [Linear], and a recording one keeps what a backward pass needs.
///
/// Simple operations come first. Composite ones have one default decomposition into simple ones;
/// only the fast executor overrides them, so that everyone else sees the simple ones.
///
/// Tensors handed out are valid until the end of the layer in which they were made; those made
/// after the last layer until the next [#begin].
public interface Executor {

  // Simple operations.

  /// A step begins.
  void begin(Step step);

  /// Rows of a table: [ids.length, hiddenSize].
  Tensor embed(Embedding table, int[] ids);

  /// Rows of x: [rows.length, x.cols].
  Tensor gather(Tensor x, int[] rows);

  /// [Linear]: [numTokens, in] to [numTokens, out].
  Tensor linear(Linear linear, Tensor x);

  /// [Norm]: the same shape.
  Tensor norm(Norm norm, Tensor x);

  /// a + b.
  Tensor add(Tensor a, Tensor b);

  /// a * b, element by element.
  Tensor multiply(Tensor a, Tensor b);

  /// factor * x.
  Tensor scale(float factor, Tensor x);

  /// Row t of x times the single element of row t of `factors` [numTokens, 1].
  Tensor scaleRows(Tensor x, Tensor factors);

  /// f(x).
  Tensor activate(Activation f, Tensor x);

  /// cap * tanh(x / cap).
  Tensor softCap(float cap, Tensor x);

  /// x, limited to -limit to limit.
  Tensor clamp(float limit, Tensor x);

  /// Turns each head of x by its token's position.
  Tensor rope(Rope rope, int headDim, Tensor x, Step step);

  /// Stores keys and values of the step's tokens in the cache.
  void store(Attention attention, Tensor key, Tensor value, Step step);

  /// How much each token's heads look at each position: [numTokens * numHeads, maxPositions], zero
  /// where they do not look.
  Tensor attentionWeights(Attention attention, Tensor query, Step step);

  /// Sums the cached values by these weights: [numTokens, numHeads * headDim].
  Tensor attentionValues(Attention attention, Tensor weights, Step step);

  /// Chooses experts for each token by the router's logits.
  Routing route(Moe moe, Tensor routerLogits);

  /// Row rows[i] of y += weights[i] * row i of x, in ascending i.
  void scatterAdd(Tensor y, Tensor x, int[] rows, float[] weights);

  /// A tensor of zeros.
  Tensor zeros(int rows, int cols);

  /// The residual stream leaves layer `index`: [numTokens, hiddenSize].
  Tensor layer(int index, Tensor x);

  /// Columns of x: [numTokens, count].
  Tensor slice(Tensor x, int from, int count);

  /// Tensors of as many rows side by side.
  Tensor concat(List<Tensor> parts);

  /// The gate of gpt-oss: see [dev.kawi.kernel.SwiGlu].
  Tensor clampedSwiGlu(Tensor gate, Tensor up, float alpha, float limit);

  // Composite operations.

  /// The three projections of attention.
  default Qkv qkv(Projection.Separate maps, Tensor x) {
    return new Qkv(linear(maps.query(), x), linear(maps.key(), x), linear(maps.value(), x));
  }

  /// Stores keys and values, then lets each token look at its sequence: [numTokens, numHeads *
  /// headDim].
  default Tensor attention(Attention attention, Tensor query, Tensor key, Tensor value, Step step) {
    store(attention, key, value, step);
    return attentionValues(attention, attentionWeights(attention, query, step), step);
  }

  /// f(gate(x)) * up(x).
  default Tensor gated(GatedMlp mlp, Tensor x) {
    return multiply(activate(mlp.activation(), linear(mlp.gate(), x)), linear(mlp.up(), x));
  }

  /// The weighted sum of the chosen experts, added up in ascending order of expert, which does not
  /// depend on who else is in the batch.
  default Tensor experts(Moe moe, Tensor routerLogits, Tensor x) {
    Routing routing = route(moe, routerLogits);
    Tensor y = zeros(x.rows(), x.cols());
    for (int e = 0; e < moe.experts().size(); e++) {
      int[] rows = routing.tokens(e);
      if (rows.length > 0) {
        scatterAdd(
            y, moe.experts().get(e).forward(gather(x, rows), this), rows, routing.weights(e));
      }
    }
    return y;
  }
}
