package dev.kawi.chat;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Something that judges how well a text answers a query, reading both together: slower and better
/// than comparing their vectors ([Embedder]). May be used by many threads at once.
public interface Reranker extends AutoCloseable {
  /// What the model is called in reports; scores of different models do not compare.
  String name();

  /// How well the text answers the query, from 0 to 1.
  ///
  /// @throws IllegalArgumentException when both together are longer than the model can read
  double score(String query, String text);

  /// The texts from the best to the worst; equal ones stay in their order.
  default List<Ranked> rank(String query, List<String> texts) {
    return IntStream.range(0, texts.size())
        .mapToObj(i -> new Ranked(i, score(query, texts.get(i))))
        .sorted(Comparator.comparingDouble(Ranked::score).reversed())
        .toList();
  }

  /// A text and its score.
  ///
  /// @param index its place in the list that was ranked
  /// @param score from 0 to 1
  record Ranked(int index, double score) {}

  /// Gives back what the model holds.
  @Override
  default void close() {}
}
