package dev.kawi.token;

/// How the bytes of one word become tokens.
@FunctionalInterface
interface WordModel {
  /// Appends the tokens of `word[0..length)`, which is not empty and is whole UTF-8.
  void encode(byte[] word, int length, TokenBuffer out);
}
