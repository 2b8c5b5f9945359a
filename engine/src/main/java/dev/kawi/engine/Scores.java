package dev.kawi.engine;

import dev.kawi.sample.LogProbs;
import java.util.List;

/// Log-probabilities of tokens, natural logarithms.
///
/// @param logProbabilities of each token asked for, in order
/// @param greedy whether each was the most likely one
/// @param top the most likely tokens at each position looked at, from that before the first scored
///   token to the last one; empty unless asked for
/// @param candidates of each candidate after the last token
/// @param cachedTokens tokens that were not computed again
public record Scores(
    List<Double> logProbabilities,
    List<Boolean> greedy,
    List<List<LogProbs.Entry>> top,
    List<Double> candidates,
    int cachedTokens) {
  /// Copies the lists.
  public Scores {
    logProbabilities = List.copyOf(logProbabilities);
    greedy = List.copyOf(greedy);
    top = List.copyOf(top);
    candidates = List.copyOf(candidates);
  }

  /// The log-probability of all of them together.
  public double sum() {
    return logProbabilities.stream().mapToDouble(Double::doubleValue).sum();
  }

  /// Whether greedy decoding would have given all of them.
  public boolean isGreedy() {
    return greedy.stream().allMatch(each -> each);
  }
}
