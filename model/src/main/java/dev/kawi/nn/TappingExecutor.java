package dev.kawi.nn;

import dev.kawi.tensor.Tensor;

/// Reports activations: embeddings, attention weights and the residual stream after each layer. The
/// tensors given to a [Tap] are valid only during the call, in which the executor given with them
/// reads them ([Executor#read]) and runs more on them, untapped.
public final class TappingExecutor extends DelegatingExecutor {
  /// Receives the activations.
  public interface Tap {
    /// Token embeddings as they enter the first layer: [numTokens, hiddenSize].
    void embedded(Tensor x, Executor executor);

    /// Attention weights of a layer: [numTokens * numHeads, positions]; row t * numHeads + h is
    /// that of head h of token t.
    void attended(Attention attention, Tensor weights, Executor executor);

    /// The residual stream after a layer: [numTokens, hiddenSize].
    void layerDone(int layer, Tensor x, Executor executor);
  }

  private final Tap tap;

  /// Reports what `base` computes.
  public TappingExecutor(Executor base, Tap tap) {
    super(base);
    this.tap = tap;
  }

  @Override
  public Tensor embed(Embedding table, int[] ids) {
    Tensor x = super.embed(table, ids);
    tap.embedded(x, base());
    return x;
  }

  @Override
  public Tensor attention(Attention attention, Tensor query, Tensor key, Tensor value, Step step) {
    store(attention, key, value, step);
    Attended attended = attend(attention, query, step);
    tap.attended(attention, attended.weights(), base());
    return attended.output();
  }

  @Override
  public Tensor layer(int index, Tensor x) {
    tap.layerDone(index, x, base());
    return super.layer(index, x);
  }
}
