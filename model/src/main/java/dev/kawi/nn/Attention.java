package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Grouped-query self-attention, causal or not, optionally with a sliding window. Source: arXiv
/// 1706.03762, arXiv 2305.13245.
///
/// @param layer number of the layer, for the key-value cache
/// @param projection to queries, keys and values, and back
/// @param heads how many heads of which size
/// @param scores how scores are made of queries and keys
public record Attention(int layer, Projection projection, Heads heads, Scores scores)
    implements Mixer {

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

  /// How scores are made of queries and keys, and which there are.
  ///
  /// @param scale factor on query x key, usually 1 / sqrt(headDim)
  /// @param softCap scores become cap * tanh(score / cap); 0 for none. Source: arXiv 2408.00118
  /// @param window positions attended to, the token's own included, or, in both directions, half of
  ///   them on each side of it; 0 for all
  /// @param direction whether tokens attend to those after them
  /// @param slopes [1, numHeads]; each head's, times the distance, is taken from its scores
  ///   (ALiBi), if the model has them. Source: arXiv 2108.12409
  /// @param sinks [1, numHeads]; each head's takes part in the softmax like a position that has no
  ///   value, if the model has them. Source: arXiv 2309.17453, and the gpt-oss model card
  public record Scores(
      float scale,
      float softCap,
      int window,
      Direction direction,
      @Nullable Tensor slopes,
      @Nullable Tensor sinks) {
    /// Whether tokens attend to those after them.
    public enum Direction {
      /// Each token attends to itself and those before it.
      CAUSAL,
      /// Each token attends to itself, those before it, and its sequence's [BidirectionalSpan].
      SPAN,
      /// Each token attends to all of its sequence, which must be in one step.
      BOTH
    }

    /// Causal scores with this factor, and nothing else.
    public static Scores of(float scale) {
      return new Scores(scale, 0, 0, Direction.CAUSAL, null, null);
    }

    /// The same with a cap.
    public Scores capped(float cap) {
      return new Scores(scale, cap, window, direction, slopes, sinks);
    }

    /// The same with a window.
    public Scores windowed(int positions) {
      return new Scores(scale, softCap, positions, direction, slopes, sinks);
    }

    /// The same in both directions within a sequence's span.
    public Scores withSpan() {
      return new Scores(scale, softCap, window, Direction.SPAN, slopes, sinks);
    }

    /// The same in both directions.
    public Scores bidirectional() {
      return new Scores(scale, softCap, window, Direction.BOTH, slopes, sinks);
    }

    /// How far before its own position a token attends with a window, and in both directions after.
    int reach() {
      return direction == Direction.BOTH ? window / 2 : window - 1;
    }

    /// The same with slopes.
    public Scores sloped(Tensor slopesOfHeads) {
      return new Scores(scale, softCap, window, direction, slopesOfHeads, sinks);
    }

    /// The same with sinks.
    public Scores sunk(Tensor sinksOfHeads) {
      return new Scores(scale, softCap, window, direction, slopes, sinksOfHeads);
    }
  }

  /// The same in another layer of the cache.
  public Attention inLayer(int other) {
    return new Attention(other, projection, heads, scores);
  }

  /// Keys and values of all positions, or of a window; in both directions nothing is attended to
  /// after its step, so a window changes nothing there.
  @Override
  public CacheSpec cacheSpec() {
    boolean causal = scores.direction() == Scores.Direction.CAUSAL;
    return new CacheSpec.KeyValues(heads, causal ? scores.window() : 0);
  }

  @Override
  public Stream<Linear> linears() {
    return projection.linears();
  }

  @Override
  public Attention map(UnaryOperator<Linear> change) {
    return new Attention(layer, projection.map(change), heads, scores);
  }

  /// The first position that the token at `position` attends to.
  public int firstVisible(int position) {
    return scores.window() == 0 ? 0 : Math.max(0, position - scores.reach());
  }

  /// The position after the last one that token t of a step attends to.
  public int endVisible(Step step, int t) {
    int own = step.positions()[t] + 1;
    return switch (scores.direction()) {
      case CAUSAL -> own;
      case SPAN -> Math.max(own, step.span(t).length());
      case BOTH ->
          scores.window() == 0 ? step.length(t) : Math.min(step.length(t), own + scores.reach());
    };
  }

  @Override
  public Tensor forward(Tensor x, Step step, Executor ex) {
    return projection.attend(this, x, step, ex);
  }
}
