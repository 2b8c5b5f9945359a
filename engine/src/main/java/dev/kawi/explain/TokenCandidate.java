package dev.kawi.explain;

/// A token that might come next.
///
/// @param id in the vocabulary
/// @param text what it stands for
/// @param logit the model's score, as changed by the steps so far
/// @param probability among the candidates of that moment, in [0, 1]
public record TokenCandidate(int id, String text, float logit, double probability) {
  public TokenCandidate {
    Shape.notNegative("token id", id);
    Shape.require(probability >= 0 && probability <= 1.001, "a probability in [0, 1]", probability);
  }
}
