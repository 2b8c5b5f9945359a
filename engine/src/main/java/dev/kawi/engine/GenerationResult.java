package dev.kawi.engine;

import java.time.Duration;
import java.util.List;

/// A whole continuation.
///
/// @param text what was generated, without stop text and end token
/// @param tokens the tokens, without the end token
/// @param finishReason why it ended
/// @param promptTokens tokens of the prompt
/// @param cachedTokens those of them that were not computed again
/// @param draftedTokens tokens that were proposed
/// @param acceptedTokens those of them that the model chose
/// @param promptTime until the first new token
/// @param generationTime from then to the end
public record GenerationResult(
    String text,
    List<Integer> tokens,
    FinishReason finishReason,
    int promptTokens,
    int cachedTokens,
    int draftedTokens,
    int acceptedTokens,
    Duration promptTime,
    Duration generationTime) {
  /// Copies the list.
  public GenerationResult {
    tokens = List.copyOf(tokens);
  }

  /// Prompt tokens computed in a second.
  public double promptTokensPerSecond() {
    return perSecond(promptTokens - cachedTokens, promptTime);
  }

  /// New tokens in a second, the first not counted: it belongs to the prompt.
  public double tokensPerSecond() {
    return perSecond(Math.max(0, tokens.size() - 1), generationTime);
  }

  private static double perSecond(int count, Duration time) {
    return time.isZero() ? 0 : count * 1e9 / time.toNanos();
  }
}
