package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One layer of a decoder: attention, then feed-forward, each added to the residual stream.
///
/// @param attentionNorm before attention
/// @param attention attention
/// @param attentionPostNorm after attention, before it is added, if the model has one
/// @param mlpNorm before the feed-forward layer
/// @param mlp the feed-forward layer
/// @param mlpPostNorm after it, before it is added, if the model has one
public record Block(
    Norm attentionNorm,
    Attention attention,
    @Nullable Norm attentionPostNorm,
    Norm mlpNorm,
    FeedForward mlp,
    @Nullable Norm mlpPostNorm) {

  /// A block without post-norms.
  public static Block of(Norm attentionNorm, Attention attention, Norm mlpNorm, FeedForward mlp) {
    return new Block(attentionNorm, attention, null, mlpNorm, mlp, null);
  }

  /// [numTokens, hiddenSize] to the same shape.
  public Tensor forward(Tensor x, Step step, Executor ex) {
    Tensor h =
        ex.add(
            x, post(attentionPostNorm, attention.forward(ex.norm(attentionNorm, x), step, ex), ex));
    return ex.add(h, post(mlpPostNorm, mlp.forward(ex.norm(mlpNorm, h), ex), ex));
  }

  /// Its linear maps.
  Stream<Linear> linears() {
    return Stream.concat(
        Stream.of(attention.query(), attention.key(), attention.value(), attention.output()),
        mlp.linears());
  }

  private static Tensor post(@Nullable Norm norm, Tensor x, Executor ex) {
    return norm == null ? x : ex.norm(norm, x);
  }
}
