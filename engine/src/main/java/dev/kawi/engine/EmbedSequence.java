package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.Executor;
import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// Reads a text for its hidden states, which are pooled as they come.
final class EmbedSequence extends FutureSequence<float[]> {
  /// What becomes of the pooled state, [1, hiddenSize], in the step that computes the last one: [1,
  /// size].
  interface Head extends BiFunction<Tensor, Executor, Tensor> {}

  private static final int[] ONLY = {0};

  private final Pooling pooling;
  private final int[] types;
  private final Head head;
  private Pooling.@Nullable Sum sum;
  private float @Nullable [] vector;
  private int next;

  /// @param types for each token, whether it belongs to the first (0) or the second (1) text
  EmbedSequence(
      RequestOptions options,
      int[] tokens,
      int[] types,
      BidirectionalSpan span,
      byte[] cacheContext,
      Pooling pooling,
      Head head) {
    super(options, tokens, span, cacheContext);
    this.types = types.clone();
    this.pooling = pooling;
    this.head = head;
  }

  /// The last state alone can do without computing those before it again.
  @Override
  int cacheLimit() {
    return pooling == Pooling.LAST ? known() - 1 : 0;
  }

  @Override
  boolean wantsLogits(int position) {
    return false;
  }

  @Override
  void acceptLogits(int position, Row row) {
    throw new IllegalStateException("Bug: an embedding asks for no logits");
  }

  int type(int position) {
    return types[position];
  }

  /// Takes the hidden states of the positions from `from` on, normed: [count, hiddenSize]. Those
  /// that were taken before, and are computed again after a preemption, count once.
  void acceptHidden(int from, Tensor states, Executor ex) {
    if (sum == null) {
      sum = pooling.sum(states.cols(), known());
    }
    float[] state = new float[states.cols()];
    for (int i = Math.max(0, next - from); i < states.rows(); i++) {
      ex.read(states, i, state);
      sum.add(from + i, state);
    }
    next = Math.max(next, from + states.rows());
    if (next == known()) {
      Tensor pooled = ex.replaceRows(ex.zeros(1, state.length), ONLY, List.of(sum.pooled()));
      vector = ex.read(head.apply(pooled, ex), 0);
    }
  }

  @Override
  float[] result() {
    if (vector == null) {
      throw new IllegalStateException("Bug: an embedding ends before its last state");
    }
    return vector;
  }
}
