package dev.kawi.chat;

import java.util.Map;

/// Something that places texts in a space where near means alike. May be used by many threads at
/// once.
public interface Embedder extends AutoCloseable {
  /// What the model is called in indexes and reports; vectors of different models do not compare.
  String name();

  /// The length of every vector.
  int size();

  /// The vector of a text that is to be found: of length [#size] and norm 1.
  ///
  /// @throws IllegalArgumentException when the text is longer than the model can read
  float[] embed(String text);

  /// The text, or the longest beginning of it that the model can read.
  String beginning(String text);

  /// The vector of a text that one searches with. Models that were trained with an instruction for
  /// queries put it before the text.
  default float[] embedQuery(String text) {
    return embed(text);
  }

  /// Texts to put before others, by what those are for, such as "query" and "document"; empty if
  /// the model's publisher names none.
  default Map<String, String> prompts() {
    return Map.of();
  }

  /// Gives back what the model holds.
  @Override
  default void close() {}
}
