package dev.kawi.token;

/// A token of a text and the bytes of the text's UTF-8 that it stands for, `start` included, `end`
/// not. A token that the tokenizer added (BOS, EOS) has none: `start` equals `end`.
public record Token(int id, int start, int end) {
  public Token {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "Token: bytes must be 0 <= start <= end, found %d to %d".formatted(start, end));
    }
  }
}
