package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Projection.Qkv;
import dev.kawi.tensor.Tensor;
import java.util.List;

/// Carries out a forward pass. An architecture says *what* is computed, once; an executor decides
/// how and what else happens: [FastExecutor] runs kernels over reused memory, [TappingExecutor]
/// reports activations, [ObservingExecutor] collects statistics of the inputs of each [Linear], and
/// a recording one keeps what a backward pass needs.
///
/// Simple operations come first. Composite ones have one default decomposition into simple ones;
/// only the fast executor overrides them, so that all others get the simple ones.
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

  /// Rotates each head of x by its token's position.
  Tensor rope(Rope rope, int headDim, Tensor x, Step step);

  /// Stores keys and values of the step's tokens in the cache.
  void store(Attention attention, Tensor key, Tensor value, Step step);

  /// Attends from each token to the keys and values stored, and keeps the weights.
  Attended attend(Attention attention, Tensor query, Step step);

  /// silu of the sum over the kernel's tokens of factor * x, for each channel, in which the last
  /// factor meets the token's own row and those before it the tokens before it in its sequence:
  /// [numTokens, channels]. What came before the step, or zeros at the beginning, is in the state,
  /// which is moved on.
  Tensor shortConvolution(GatedDeltaNet net, Tensor x, Step step);

  /// The gated delta rule over the tokens of each sequence, one after another, from the state,
  /// which is moved on: [numTokens, numValueHeads * valueDim]. The numeric definition is that of
  /// [dev.kawi.kernel.Kernels]; the decay is that of [dev.kawi.kernel.DeltaDecay].
  ///
  /// @param query [numTokens, numKeyHeads * keyDim]
  /// @param key [numTokens, numKeyHeads * keyDim]
  /// @param value [numTokens, numValueHeads * valueDim]
  /// @param beta [numTokens, numValueHeads], 0 to 1
  /// @param alpha [numTokens, numValueHeads]
  Tensor deltaRule(
      GatedDeltaNet net,
      Tensor query,
      Tensor key,
      Tensor value,
      Tensor beta,
      Tensor alpha,
      Step step);

  /// Chooses experts for each token by the router's logits.
  Routing route(Moe moe, Tensor routerLogits);

  /// Row rows[i] of y += weights[i] * row i of x, in ascending i.
  void scatterAdd(Tensor y, Tensor x, int[] rows, float[] weights);

  /// A tensor of zeros.
  Tensor zeros(int rows, int cols);

  /// The residual stream leaves block `index`: [numTokens, hiddenSize].
  Tensor layer(int index, Tensor x);

  /// x, of which row rows[i] is replaced by `values[i]`.
  Tensor replaceRows(Tensor x, int[] rows, List<float[]> values);

  /// Columns of x: [numTokens, count].
  Tensor slice(Tensor x, int from, int count);

  /// Tensors of as many rows, concatenated along columns.
  Tensor concat(List<Tensor> parts);

  /// The gate of gpt-oss: see [dev.kawi.kernel.SwiGlu].
  Tensor clampedSwiGlu(Tensor gate, Tensor up, float alpha, float limit);

  /// Copies a row of a tensor, [x.cols], to `to`: the way results are read back. Tensors of a step
  /// need not lie in the memory of the processor, so nobody but their executor looks into them.
  /// Safe for use by several threads while no other operation runs.
  default void read(Tensor x, int row, float[] to) {
    x.copyRow(row, to);
  }

  /// A copy of a row of a tensor: see [#read(Tensor, int, float\[\])].
  default float[] read(Tensor x, int row) {
    float[] values = new float[x.cols()];
    read(x, row, values);
    return values;
  }

  // Composite operations.

  /// What attention gives.
  ///
  /// @param output weighted sums of values, [numTokens, numHeads * headDim]
  /// @param weights [numTokens * numHeads, maxPositions], zero where a token does not attend
  record Attended(Tensor output, Tensor weights) {}

  /// A whole block: [numTokens, hiddenSize] to the same. An executor that keeps activations for a
  /// backward pass may keep only x here and compute the rest again (gradient checkpointing).
  default Tensor block(int index, Block block, Tensor x, Step step) {
    return layer(index, block.forward(x, step, this));
  }

  /// Logits of rows of the residual stream after the last block, [rows.length, vocabSize]; valid
  /// until the next of these or [#begin].
  default Tensor logits(Decoder decoder, Tensor x, int[] rows) {
    return decoder.logits(gather(x, rows), this);
  }

  /// The three projections of attention.
  default Qkv qkv(Projection.Separate maps, Tensor x) {
    return Decompositions.qkv(maps, x, this);
  }

  /// Stores keys and values, then attends: [numTokens, numHeads * headDim].
  default Tensor attention(Attention attention, Tensor query, Tensor key, Tensor value, Step step) {
    store(attention, key, value, step);
    return attend(attention, query, step).output();
  }

  /// f(gate(x)) * up(x).
  default Tensor gated(GatedMlp mlp, Tensor x) {
    return Decompositions.gated(mlp, x, this);
  }

  /// The weighted sum of the chosen experts, added up in ascending order of expert, which does not
  /// depend on who else is in the batch.
  default Tensor experts(Moe moe, Tensor routerLogits, Tensor x) {
    return Decompositions.experts(moe, routerLogits, x, this);
  }
}
