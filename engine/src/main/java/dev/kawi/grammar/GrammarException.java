package dev.kawi.grammar;

/// A grammar cannot be compiled or followed: it is malformed, uses what is not supported, describes
/// no finite text, or is larger than the limits allow. The message names the place and the keyword.
public final class GrammarException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public GrammarException(String message) {
    super(message);
  }
}
