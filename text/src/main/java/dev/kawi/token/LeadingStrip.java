package dev.kawi.token;

import java.util.function.Consumer;

/// Leaves out up to so many of a character at the start of a text that comes in parts.
final class LeadingStrip implements DecoderStep.Flow {
  private final int character;
  private int left;

  LeadingStrip(int character, int most) {
    this.character = character;
    this.left = most;
  }

  @Override
  public void take(String token, Consumer<String> out) {
    int at = 0;
    while (left > 0 && at < token.length()) {
      if (token.codePointAt(at) != character) {
        left = 0;
      } else {
        left--;
        at += Character.charCount(character);
      }
    }
    out.accept(token.substring(at));
  }
}
