package dev.kawi.sample;

import java.util.Arrays;
import java.util.Objects;

/// The tokens of a sequence so far, prompt and answer, in order. Grows as needed.
public final class TokenHistory {
  private int[] tokens = new int[256];
  private int size;

  TokenHistory() {}

  /// How many tokens there are.
  public int size() {
    return size;
  }

  /// The token that stands `back` places before the end; 0 is the last one.
  ///
  /// @throws IndexOutOfBoundsException if `back` is not in [0, size())
  public int fromEnd(int back) {
    return tokens[size - 1 - Objects.checkIndex(back, size)];
  }

  void add(int token) {
    if (token < 0) {
      throw new IllegalArgumentException("sampler: a token id is not negative, found " + token);
    }
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    tokens[size++] = token;
  }

  void clear() {
    size = 0;
  }
}
