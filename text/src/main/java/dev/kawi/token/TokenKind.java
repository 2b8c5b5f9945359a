package dev.kawi.token;

/// What a token is for.
public enum TokenKind {
  /// Text.
  NORMAL,
  /// Stands for what is in no vocabulary.
  UNKNOWN,
  /// Steers the model (BOS, end of turn ...) and is no text.
  CONTROL,
  /// Text that was added as one token and is always found as such.
  USER_DEFINED,
  /// In the vocabulary, but no text gives it.
  UNUSED,
  /// One byte of text that no other token has.
  BYTE
}
