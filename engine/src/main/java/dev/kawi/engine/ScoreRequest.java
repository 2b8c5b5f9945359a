package dev.kawi.engine;

import java.util.List;

/// Tokens whose log-probabilities are asked for.
///
/// @param tokens ids, at least one
/// @param from the first token that is scored, at least 1: a token is scored by the logits of the
///   one before it. With the number of tokens nothing but the last position is looked at
/// @param top how many of the most likely tokens to report at each position looked at, the last
///   one's included
/// @param candidates tokens whose log-probability after the last one is wanted
/// @param options how it is queued and cached
public record ScoreRequest(
    List<Integer> tokens, int from, int top, List<Integer> candidates, RequestOptions options) {
  /// Checks the ranges.
  public ScoreRequest {
    tokens = List.copyOf(tokens);
    candidates = List.copyOf(candidates);
    if (tokens.isEmpty() || from < 1 || from > tokens.size() || top < 0) {
      throw new IllegalArgumentException(
          "score: %d tokens from %d with %d alternatives; expected at least 1 token, from within 1 to their number, and no negative count"
              .formatted(tokens.size(), from, top));
    }
  }

  /// The log-probability of each token from `from` on.
  public static ScoreRequest of(int[] tokens, int from) {
    List<Integer> boxed = java.util.Arrays.stream(tokens).boxed().toList();
    return new ScoreRequest(boxed, from, 0, List.of(), RequestOptions.DEFAULT);
  }

  /// With so many of the most likely tokens at each position.
  public ScoreRequest withTop(int count) {
    return new ScoreRequest(tokens, from, count, candidates, options);
  }

  /// With the log-probabilities of these tokens after the last one.
  public ScoreRequest withCandidates(List<Integer> ids) {
    return new ScoreRequest(tokens, from, top, ids, options);
  }

  /// With other options.
  public ScoreRequest with(RequestOptions other) {
    return new ScoreRequest(tokens, from, top, candidates, other);
  }

  /// Whether anything is asked of the last position.
  boolean looksAtEnd() {
    return top > 0 || !candidates.isEmpty();
  }
}
