package dev.kawi.token;

/// What the tokens of a vocabulary stand for.
@FunctionalInterface
interface TokenBytes {
  /// The bytes that a token of this text and kind adds to a text in its middle. Control and unknown
  /// tokens are here with their text.
  byte[] bytes(String text, TokenKind kind);
}
