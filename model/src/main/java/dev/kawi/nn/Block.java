package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One layer of a decoder: a mixer (attention) and a feed-forward layer, each added to the residual
/// stream.
public sealed interface Block {
  /// What mixes tokens of a sequence with each other, in the order of the pass.
  Stream<Mixer> mixers();

  /// The feed-forward layer.
  FeedForward mlp();

  /// [numTokens, hiddenSize] to the same shape.
  Tensor forward(Tensor x, Step step, Executor ex);

  /// A block of a mixer and then a feed-forward layer, with norms before them.
  static Block of(Norm attentionNorm, Mixer mixer, Norm mlpNorm, FeedForward mlp) {
    return new Sequential(attentionNorm, mixer, null, mlpNorm, mlp, null, 1);
  }

  /// Its linear maps.
  default Stream<Linear> linears() {
    return Stream.concat(mixers().flatMap(Mixer::linears), mlp().linears());
  }

  /// The same block with each linear map replaced by what `change` makes of it.
  Block map(UnaryOperator<Linear> change);

  /// A mixer, then the feed-forward layer, whose input is the sum.
  ///
  /// @param attentionNorm before the mixer, if the model has one
  /// @param mixer attention or another
  /// @param attentionPostNorm after the mixer, before it is added, if the model has one
  /// @param mlpNorm before the feed-forward layer, if the model has one
  /// @param mlp the feed-forward layer
  /// @param mlpPostNorm after it, before it is added, if the model has one
  /// @param residualScale factor on what is added; 1 for none
  record Sequential(
      @Nullable Norm attentionNorm,
      Mixer mixer,
      @Nullable Norm attentionPostNorm,
      @Nullable Norm mlpNorm,
      FeedForward mlp,
      @Nullable Norm mlpPostNorm,
      float residualScale)
      implements Block {
    @Override
    public Stream<Mixer> mixers() {
      return Stream.of(mixer);
    }

    @Override
    public Tensor forward(Tensor x, Step step, Executor ex) {
      Tensor attended = mixer.forward(norm(attentionNorm, x, ex), step, ex);
      Tensor h = ex.add(x, scaled(norm(attentionPostNorm, attended, ex), ex));
      Tensor seen = mlp.forward(norm(mlpNorm, h, ex), ex);
      return ex.add(h, scaled(norm(mlpPostNorm, seen, ex), ex));
    }

    @Override
    public Block map(UnaryOperator<Linear> change) {
      return new Sequential(
          attentionNorm,
          mixer.map(change),
          attentionPostNorm,
          mlpNorm,
          mlp.map(change),
          mlpPostNorm,
          residualScale);
    }

    private static Tensor norm(@Nullable Norm norm, Tensor x, Executor ex) {
      return norm == null ? x : ex.norm(norm, x);
    }

    private Tensor scaled(Tensor x, Executor ex) {
      return residualScale == 1 ? x : ex.scale(residualScale, x);
    }
  }

  /// Attention and then the feed-forward layer, each normed after it is added. Source: arXiv
  /// 1706.03762.
  ///
  /// @param attention attention
  /// @param attentionNorm after attention is added
  /// @param secondNorm after the block's input is added once more, if the model has one
  /// @param mlp the feed-forward layer
  /// @param mlpNorm after the feed-forward layer is added
  record PostNorm(
      Attention attention,
      Norm attentionNorm,
      @Nullable Norm secondNorm,
      FeedForward mlp,
      Norm mlpNorm)
      implements Block {
    @Override
    public Stream<Mixer> mixers() {
      return Stream.of(attention);
    }

    @Override
    public Tensor forward(Tensor x, Step step, Executor ex) {
      Tensor h = ex.norm(attentionNorm, ex.add(x, attention.forward(x, step, ex)));
      if (secondNorm != null) {
        h = ex.norm(secondNorm, ex.add(h, x));
      }
      return ex.norm(mlpNorm, ex.add(h, mlp.forward(h, ex)));
    }

    @Override
    public Block map(UnaryOperator<Linear> change) {
      return new PostNorm(
          attention.map(change), attentionNorm, secondNorm, mlp.map(change), mlpNorm);
    }
  }

  /// A block before which the residual stream itself is normed, as the first one of BLOOM. Source:
  /// arXiv 2211.05100.
  ///
  /// @param norm of the residual stream
  /// @param block what follows
  record Normed(Norm norm, Block block) implements Block {
    @Override
    public Stream<Mixer> mixers() {
      return block.mixers();
    }

    @Override
    public FeedForward mlp() {
      return block.mlp();
    }

    @Override
    public Tensor forward(Tensor x, Step step, Executor ex) {
      return block.forward(ex.norm(norm, x), step, ex);
    }

    @Override
    public Block map(UnaryOperator<Linear> change) {
      return new Normed(norm, block.map(change));
    }
  }

  /// Attention and then the feed-forward layer, each added to its own normed input, which counts
  /// several times. Source: arXiv 2203.00555 (DeepNorm).
  ///
  /// @param attentionNorm before attention
  /// @param attention attention
  /// @param mlpNorm before the feed-forward layer
  /// @param mlp the feed-forward layer
  /// @param inputScale factor on the normed input, to which is added
  record DeepNorm(
      Norm attentionNorm, Attention attention, Norm mlpNorm, FeedForward mlp, float inputScale)
      implements Block {
    @Override
    public Stream<Mixer> mixers() {
      return Stream.of(attention);
    }

    @Override
    public Tensor forward(Tensor x, Step step, Executor ex) {
      Tensor normed = ex.norm(attentionNorm, x);
      Tensor h = ex.add(ex.scale(inputScale, normed), attention.forward(normed, step, ex));
      Tensor seen = ex.norm(mlpNorm, h);
      return ex.add(ex.scale(inputScale, seen), mlp.forward(seen, ex));
    }

    @Override
    public Block map(UnaryOperator<Linear> change) {
      return new DeepNorm(
          attentionNorm, attention.map(change), mlpNorm, mlp.map(change), inputScale);
    }
  }

  /// Attention and the feed-forward layer in parallel, on the same input. Source: Wang and
  /// Komatsuzaki 2021 (GPT-J).
  ///
  /// @param attentionNorm before attention
  /// @param attention attention
  /// @param mlpNorm before the feed-forward layer; the same object where they share one
  /// @param mlp the feed-forward layer
  record Parallel(Norm attentionNorm, Attention attention, Norm mlpNorm, FeedForward mlp)
      implements Block {
    @Override
    public Stream<Mixer> mixers() {
      return Stream.of(attention);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // one norm, computed once
    public Tensor forward(Tensor x, Step step, Executor ex) {
      Tensor normed = ex.norm(attentionNorm, x);
      Tensor seen = mlpNorm == attentionNorm ? normed : ex.norm(mlpNorm, x);
      Tensor attended = attention.forward(normed, step, ex);
      return ex.add(x, ex.add(attended, mlp.forward(seen, ex)));
    }

    @Override
    public Block map(UnaryOperator<Linear> change) {
      return new Parallel(attentionNorm, attention.map(change), mlpNorm, mlp.map(change));
    }
  }
}
