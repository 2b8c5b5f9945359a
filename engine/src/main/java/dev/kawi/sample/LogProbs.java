package dev.kawi.sample;

import java.util.ArrayList;
import java.util.List;

/// Log-probabilities of tokens as an API reports them: natural logarithms of the softmax of the
/// model's own logits, before any filter, penalty or temperature.
public final class LogProbs {
  private LogProbs() {}

  /// A token with the natural logarithm of its probability.
  public record Entry(int token, double logProbability) {}

  /// The `n` most likely tokens, most likely first; among equals the lower id.
  ///
  /// @param logits `[vocabSize]`
  /// @throws SamplingException if they are not numbers
  public static List<Entry> top(float[] logits, int n) {
    return top(logits, n, new Candidates());
  }

  /// The same with candidates to work with, whose content is lost.
  public static List<Entry> top(float[] logits, int n, Candidates candidates) {
    candidates.load(logits);
    double logSum = logSum(candidates);
    candidates.sortPrefix(n);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < Math.min(n, candidates.size()); i++) {
      entries.add(new Entry(candidates.id(i), candidates.logit(i) - logSum));
    }
    return entries;
  }

  /// The log-probability of one token.
  ///
  /// @throws IndexOutOfBoundsException if the token is outside of the vocabulary
  public static double of(float[] logits, int token) {
    return of(logits, token, new Candidates());
  }

  /// The same with candidates to work with, whose content is lost.
  public static double of(float[] logits, int token, Candidates candidates) {
    candidates.load(logits);
    return logits[token] - logSum(candidates);
  }

  /// Whether no other token has a larger logit, or the same and a lower id: greedy decoding would
  /// take it.
  public static boolean isLargest(float[] logits, int token) {
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] > logits[token] || (logits[i] == logits[token] && i < token)) {
        return false;
      }
    }
    return true;
  }

  private static double logSum(Candidates candidates) {
    return StrictMath.log(candidates.weightSum()) + candidates.maxLogit();
  }
}
