package dev.kawi.explain;

/// A token with a number between 0 and 1 (-1 and 1 for similarities).
///
/// @param id in the vocabulary
/// @param text what it stands for
/// @param score a probability, or the cosine similarity of two embeddings
public record TokenGuess(int id, String text, double score) {
  public TokenGuess {
    Shape.notNegative("token id", id);
    Shape.require(score >= -1.001 && score <= 1.001, "a score in [-1, 1]", score);
  }
}
