package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An encoder-only transformer: tokens -> embeddings -> layers, in which each token sees all
/// others. Source: arXiv 1810.04805.
///
/// @param embedding token embeddings
/// @param types embeddings of the first and the second text of a pair, if the model has them
/// @param positions learnt positions
/// @param norm of the sum of embeddings
/// @param blocks the layers, which all use layer 0 of the cache, since none is looked at again
/// @param head what makes a score of the first token's state, if the model is a reranker
public record Encoder(
    Embedding embedding,
    @Nullable Embedding types,
    Embedding positions,
    Norm norm,
    List<Block> blocks,
    @Nullable ScoreHead head) {

  /// Copies the list.
  public Encoder {
    blocks = List.copyOf(blocks);
  }

  /// Two linear maps with tanh between them.
  ///
  /// @param dense [hiddenSize, hiddenSize], if there is one
  /// @param output [numScores, hiddenSize]
  public record ScoreHead(@Nullable Linear dense, Linear output) {
    /// Scores of rows of states: [numRows, numScores].
    public Tensor forward(Tensor x, Executor ex) {
      return ex.linear(output, dense == null ? x : ex.softCap(1, ex.linear(dense, x)));
    }
  }

  /// The state of each token after the last layer: [numTokens, hiddenSize]. Sequences must be
  /// whole.
  ///
  /// @param typesOfTokens 0 for tokens of the first text, 1 for those of the second
  public Tensor forward(Step step, int[] typesOfTokens, Executor ex) {
    ex.begin(step);
    Tensor x = ex.add(ex.embed(embedding, step.tokens()), ex.embed(positions, step.positions()));
    if (types != null) {
      x = ex.add(x, ex.embed(types, typesOfTokens));
    }
    x = ex.norm(norm, x);
    for (int i = 0; i < blocks.size(); i++) {
      x = ex.layer(i, blocks.get(i).forward(x, step, ex));
    }
    return x;
  }

  /// Every linear map, in the order in which a pass meets them.
  public Stream<Linear> linears() {
    return blocks.stream().flatMap(Block::linears);
  }

  /// Length of a state.
  public int hiddenSize() {
    return embedding.hiddenSize();
  }
}
