package dev.kawi.engine;

/// A prompt that leaves no room for an answer.
public final class ContextOverflowException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int promptTokens;
  private final int contextLength;

  /// A prompt of so many tokens in a context of so many.
  public ContextOverflowException(int promptTokens, int contextLength) {
    super(
        "the prompt has %d tokens, the context holds %d and the answer needs at least one; shorten the prompt or ask for a longer context"
            .formatted(promptTokens, contextLength));
    this.promptTokens = promptTokens;
    this.contextLength = contextLength;
  }

  /// Tokens of the prompt.
  public int promptTokens() {
    return promptTokens;
  }

  /// Tokens that the context holds.
  public int contextLength() {
    return contextLength;
  }
}
