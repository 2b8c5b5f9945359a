package dev.kawi.engine;

import dev.kawi.sample.LogProbs;
import java.util.List;

/// A token as it comes.
///
/// @param id the token
/// @param text what may be shown now; the text of a token that may begin a stop text, or half a
///   code point, comes with a later one
/// @param control the text of a control token, which is no part of the answer; empty for others
/// @param logProbability of the token, by the model's own probabilities; NaN unless asked for
/// @param top the most likely tokens, as many as asked for
public record GeneratedToken(
    int id, String text, String control, double logProbability, List<LogProbs.Entry> top) {
  /// Copies the list.
  public GeneratedToken {
    top = List.copyOf(top);
  }
}
