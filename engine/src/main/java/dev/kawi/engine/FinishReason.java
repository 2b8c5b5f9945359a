package dev.kawi.engine;

/// Why a continuation ended.
public enum FinishReason {
  /// The model chose an end token.
  END_TOKEN("stop"),
  /// A stop text came up.
  STOP_TEXT("stop"),
  /// As many tokens as asked for.
  MAX_TOKENS("length"),
  /// The context is full.
  CONTEXT_FULL("length"),
  /// Somebody cancelled the request.
  CANCELLED("cancelled");

  private final String label;

  FinishReason(String label) {
    this.label = label;
  }

  /// The name in JSON, as clients of the OpenAI API know it: `stop`, `length` or `cancelled`.
  public String label() {
    return label;
  }
}
