package dev.kawi.explain;

import dev.kawi.kernel.Dequantize;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Executor;
import dev.kawi.sample.SamplingException;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/// Which tokens have embeddings that point the same way.
///
/// All dot products of some tokens with the whole table are one matrix product, the one that a tied
/// head makes; the lengths of all rows are computed once.
final class Neighbours {
  private final Embedding table;
  private final float[] norms;

  Neighbours(Embedding table) {
    this.table = table;
    this.norms = norms(table.weight());
  }

  private static float[] norms(Matrix weight) {
    float[] norms = new float[weight.rows()];
    Tensor row = Tensor.zeros(Arena.ofAuto(), 1, weight.cols());
    for (int id = 0; id < norms.length; id++) {
      Dequantize.row(
          weight.type(), weight.data(), id * weight.rowBytes(), row.data(), 0, weight.cols());
      norms[id] = (float) norm(row.row(0));
    }
    return norms;
  }

  /// The Euclidean length of a vector.
  static double norm(float[] x) {
    double squares = 0;
    for (float value : x) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  /// The embeddings of these tokens, each with its nearest others.
  ///
  /// @throws SamplingException if the embeddings are not numbers
  List<EmbeddingView> views(int[] ids, int count, TokenNames names, Executor executor) {
    Tensor dots = executor.linear(table.asLinear(), executor.embed(table, ids));
    return IntStream.range(0, ids.length)
        .mapToObj(i ->
            new EmbeddingView(norms[ids[i]], nearest(ids[i], executor.read(dots, i), count, names)))
        .toList();
  }

  private List<TokenGuess> nearest(int id, float[] dots, int count, TokenNames names) {
    Comparator<TokenGuess> worstFirst =
        Comparator.comparingDouble(TokenGuess::score)
            .thenComparing(TokenGuess::id, Comparator.reverseOrder());
    PriorityQueue<TokenGuess> best = new PriorityQueue<>(worstFirst);
    for (int other = 0; other < dots.length; other++) {
      double lengths = (double) norms[id] * norms[other];
      double cosine = lengths == 0 ? 0 : Math.clamp(dots[other] / lengths, -1, 1);
      if (Double.isNaN(cosine)) {
        throw new SamplingException(
            "explain: the embedding of token %d or %d is no number".formatted(id, other));
      }
      if (other != id && (best.size() < count || cosine > best.peek().score())) {
        best.add(new TokenGuess(other, names.of(other), cosine));
        if (best.size() > count) {
          best.remove();
        }
      }
    }
    List<TokenGuess> sorted = new ArrayList<>(best);
    sorted.sort(worstFirst.reversed());
    return sorted;
  }
}
