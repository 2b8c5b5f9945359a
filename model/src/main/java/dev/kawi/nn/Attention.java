package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Grouped-query self-attention with a causal, optionally sliding, window. Source: arXiv
/// 1706.03762, arXiv 2305.13245.
///
/// @param layer number of the layer, for the key-value cache
/// @param query [numHeads * headDim, hiddenSize]
/// @param key [numKvHeads * headDim, hiddenSize]
/// @param value [numKvHeads * headDim, hiddenSize]
/// @param output [hiddenSize, numHeads * headDim]
/// @param queryNorm norm of each query head, if the model has one
/// @param keyNorm norm of each key head, if the model has one
/// @param rope rotary embedding, if the model has one
/// @param heads how many heads of which size
/// @param scale factor on query x key, usually 1 / sqrt(headDim)
/// @param softCap scores become cap * tanh(score / cap); 0 for none. Source: arXiv 2408.00118
/// @param window positions looked at, the token's own included; 0 for all
public record Attention(
    int layer,
    Linear query,
    Linear key,
    Linear value,
    Linear output,
    @Nullable Norm queryNorm,
    @Nullable Norm keyNorm,
    @Nullable Rope rope,
    Heads heads,
    float scale,
    float softCap,
    int window) {

  /// How many heads of which size.
  ///
  /// @param numHeads query heads
  /// @param numKvHeads key-value heads; each serves numHeads / numKvHeads query heads
  /// @param headDim elements of a head
  public record Heads(int numHeads, int numKvHeads, int headDim) {
    /// Checks that the groups are equal.
    public Heads {
      if (numHeads < 1 || numKvHeads < 1 || headDim < 1 || numHeads % numKvHeads != 0) {
        throw new IllegalArgumentException(
            "attention needs numHeads (%d) to be a multiple of numKvHeads (%d) and a positive"
                    .formatted(numHeads, numKvHeads)
                + " headDim ("
                + headDim
                + ")");
      }
    }

    /// Query heads that share a key-value head.
    public int group() {
      return numHeads / numKvHeads;
    }

    /// Elements of all key (or value) heads of a token.
    public int kvSize() {
      return numKvHeads * headDim;
    }
  }

  /// The first position that the token at `position` looks at.
  public int firstVisible(int position) {
    return window == 0 ? 0 : Math.max(0, position - window + 1);
  }

  /// [numTokens, hiddenSize] to the same shape.
  public Tensor forward(Tensor x, Step step, Executor ex) {
    Qkv qkv = ex.qkv(this, x);
    Tensor q = turn(queryNorm, qkv.query(), step, ex);
    Tensor k = turn(keyNorm, qkv.key(), step, ex);
    return ex.linear(output, ex.attention(this, q, k, qkv.value(), step));
  }

  private Tensor turn(@Nullable Norm norm, Tensor x, Step step, Executor ex) {
    Tensor normed = norm == null ? x : ex.norm(norm, x);
    return rope == null ? normed : ex.rope(rope, heads.headDim(), normed, step);
  }

  /// What the three projections give.
  ///
  /// @param query [numTokens, numHeads * headDim]
  /// @param key [numTokens, numKvHeads * headDim]
  /// @param value [numTokens, numKvHeads * headDim]
  public record Qkv(Tensor query, Tensor key, Tensor value) {}
}
