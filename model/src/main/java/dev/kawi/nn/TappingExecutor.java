package dev.kawi.nn;

import dev.kawi.tensor.Tensor;

/// Hands out what passes by: embeddings, attention weights and the residual stream after each
/// layer. The tensors given to a [Tap] are valid only during the call.
public final class TappingExecutor extends DelegatingExecutor {
  /// Who listens.
  public interface Tap {
    /// Token embeddings as they enter the first layer: [numTokens, hiddenSize].
    void embedded(Tensor x);

    /// Attention weights of a layer: row t * numHeads + h says how much head h of token t looks at
    /// each position; [numTokens * numHeads, positions].
    void attended(Attention attention, Tensor weights);

    /// The residual stream after a layer: [numTokens, hiddenSize].
    ///
    /// @param executor runs more on it, untapped; valid during the call
    void layerDone(int layer, Tensor x, Executor executor);
  }

  private final Tap tap;

  /// Taps what `base` does.
  public TappingExecutor(Executor base, Tap tap) {
    super(base);
    this.tap = tap;
  }

  @Override
  public Tensor embed(Embedding table, int[] ids) {
    Tensor x = super.embed(table, ids);
    tap.embedded(x);
    return x;
  }

  @Override
  public Tensor attention(Attention attention, Tensor query, Tensor key, Tensor value, Step step) {
    store(attention, key, value, step);
    Attended attended = attend(attention, query, step);
    tap.attended(attention, attended.weights());
    return attended.output();
  }

  @Override
  public Tensor layer(int index, Tensor x) {
    tap.layerDone(index, x, base());
    return super.layer(index, x);
  }
}
