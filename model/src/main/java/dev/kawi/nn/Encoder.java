package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An encoder-only transformer: tokens -> embeddings -> layers with bidirectional attention.
/// Source: arXiv 1810.04805.
///
/// @param embedding token embeddings
/// @param embeddingScale factor on the embeddings; 1 for none
/// @param types embeddings of the first and the second text of a pair, if the model has them
/// @param positions learnt positions, if the model has them
/// @param norm of the sum of embeddings, if the model has one
/// @param blocks the layers, which all use layer 0 of the cache, since no later step attends to
///   them
/// @param outputNorm after the last layer, if the model has one
/// @param projections what a text's pooled state goes through to become its vector, one after the
///   other
/// @param head what makes a score of the states, if the model is a reranker
public record Encoder(
    Embedding embedding,
    float embeddingScale,
    @Nullable Embedding types,
    @Nullable Embedding positions,
    @Nullable Norm norm,
    List<Block> blocks,
    @Nullable Norm outputNorm,
    List<Linear> projections,
    @Nullable ScoreHead head)
    implements Network {

  /// Copies the lists.
  public Encoder {
    blocks = List.copyOf(blocks);
    projections = List.copyOf(projections);
  }

  /// One or two linear maps of the first state or of the mean of all.
  ///
  /// @param input which state
  /// @param dense [hiddenSize, hiddenSize], if there is one
  /// @param activation what follows it
  /// @param norm after that, if there is one
  /// @param output [numScores, hiddenSize]
  public record ScoreHead(
      Input input,
      @Nullable Linear dense,
      HeadActivation activation,
      @Nullable Norm norm,
      Linear output) {
    /// The state that is scored.
    public enum Input {
      /// The first token's.
      FIRST,
      /// The mean of all.
      MEAN
    }

    /// The function after the first linear map.
    public enum HeadActivation {
      /// The hyperbolic tangent.
      TANH,
      /// [Activation#GELU].
      GELU,
      /// [Activation#GELU_EXACT].
      GELU_EXACT
    }

    /// The scores of a text: from [numTokens, hiddenSize] to [1, numScores].
    public Tensor forward(Tensor states, Executor ex) {
      return score(input(states, ex), ex);
    }

    /// The scores of a text by its input state: from [1, hiddenSize] to [1, numScores].
    public Tensor score(Tensor pooled, Executor ex) {
      Tensor x = pooled;
      if (dense != null) {
        Tensor mapped = ex.linear(dense, x);
        x =
            switch (activation) {
              case TANH -> ex.softCap(1, mapped);
              case GELU -> ex.activate(Activation.GELU, mapped);
              case GELU_EXACT -> ex.activate(Activation.GELU_EXACT, mapped);
            };
      }
      return ex.linear(output, norm == null ? x : ex.norm(norm, x));
    }

    ScoreHead map(UnaryOperator<Linear> change) {
      return new ScoreHead(
          input,
          dense == null ? null : change.apply(dense),
          activation,
          norm,
          change.apply(output));
    }

    private Tensor input(Tensor states, Executor ex) {
      int[] zeros = new int[input == Input.FIRST ? 1 : states.rows()];
      if (input == Input.FIRST) {
        return ex.gather(states, zeros);
      }
      float[] shares = new float[zeros.length];
      Arrays.fill(shares, 1f / zeros.length);
      Tensor mean = ex.zeros(1, states.cols());
      ex.scatterAdd(mean, states, zeros, shares);
      return mean;
    }
  }

  @Override
  public Tensor layers(Step step, Executor ex) {
    ex.begin(step);
    Tensor x = embed(step, ex);
    for (int i = 0; i < blocks.size(); i++) {
      x = ex.block(i, blocks.get(i), x, step);
    }
    return x;
  }

  @Override
  public Tensor states(Tensor x, Executor ex) {
    return outputNorm == null ? x : ex.norm(outputNorm, x);
  }

  /// The state of each token after the last layer: [numTokens, hiddenSize]. Sequences must be
  /// whole.
  public Tensor forward(Step step, Executor ex) {
    return states(layers(step, ex), ex);
  }

  private Tensor embed(Step step, Executor ex) {
    Tensor x = ex.embed(embedding, step.tokens());
    if (embeddingScale != 1) {
      x = ex.scale(embeddingScale, x);
    }
    if (positions != null) {
      x = ex.add(x, ex.embed(positions, step.positions()));
    }
    if (types != null) {
      x = ex.add(x, ex.embed(types, step.types()));
    }
    return norm == null ? x : ex.norm(norm, x);
  }

  /// A pooled state, [1, hiddenSize], as the text's vector, [1, size].
  public Tensor project(Tensor pooled, Executor ex) {
    Tensor x = pooled;
    for (Linear projection : projections) {
      x = ex.linear(projection, x);
    }
    return x;
  }

  @Override
  public Stream<Linear> linears() {
    return Stream.concat(blocks.stream().flatMap(Block::linears), projections.stream());
  }

  /// The same encoder with each linear map replaced by what `change` makes of it.
  public Encoder map(UnaryOperator<Linear> change) {
    return new Encoder(
        embedding,
        embeddingScale,
        types,
        positions,
        norm,
        blocks.stream().map(block -> block.map(change)).toList(),
        outputNorm,
        projections.stream().map(change).toList(),
        head == null ? null : head.map(change));
  }

  /// Length of a state.
  public int hiddenSize() {
    return embedding.hiddenSize();
  }

  /// Length of a text's vector.
  public int vectorSize() {
    return projections.isEmpty() ? hiddenSize() : projections.getLast().out();
  }
}
