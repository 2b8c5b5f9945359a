package dev.kawi.explain;

import java.util.List;

/// The vector with which a token enters the first layer.
///
/// @param norm its Euclidean length
/// @param nearest other tokens whose vectors point in the most similar direction (cosine), most
///   similar first
public record EmbeddingView(double norm, List<TokenGuess> nearest) {
  public EmbeddingView {
    Shape.require(
        norm >= 0 && Double.isFinite(norm), "a norm that is a number of at least 0", norm);
    nearest = List.copyOf(nearest);
  }
}
