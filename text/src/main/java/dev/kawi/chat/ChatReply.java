package dev.kawi.chat;

/// A model's whole answer.
///
/// @param message what it said, thought and wants run
/// @param why why it stopped
/// @param usage what it took
public record ChatReply(Message.Assistant message, StopReason why, Usage usage) {

  /// Why an answer ended.
  public enum StopReason {
    /// The model ended its turn.
    END_OF_TURN,
    /// A stop text came up; it is not part of the answer.
    STOP_TEXT,
    /// The bound on new tokens was reached.
    MAX_TOKENS,
    /// The model wants tools run and waits for their results.
    TOOL_CALLS,
    /// The caller's thread was interrupted; the answer is what there was by then.
    CANCELLED
  }

  /// Tokens that an answer took.
  ///
  /// @param promptTokens tokens of the conversation
  /// @param cachedTokens how many of those were not computed again
  /// @param newTokens tokens of the answer
  public record Usage(int promptTokens, int cachedTokens, int newTokens) {
    /// Checks the counts.
    public Usage {
      if (promptTokens < 0 || cachedTokens < 0 || newTokens < 0 || cachedTokens > promptTokens) {
        throw new IllegalArgumentException(
            "usage: expected 0 <= cached <= prompt and 0 <= new, found prompt "
                + promptTokens
                + ", cached "
                + cachedTokens
                + ", new "
                + newTokens);
      }
    }
  }

  /// The answer's text.
  public String text() {
    return message.content();
  }

  /// Whether the model thought and then neither said nor called anything.
  public boolean isReasoningAlone() {
    return !reasoning().isEmpty() && text().isBlank() && message.toolCalls().isEmpty();
  }

  /// What the model thought before; empty if it did not.
  public String reasoning() {
    return message.reasoning();
  }
}
