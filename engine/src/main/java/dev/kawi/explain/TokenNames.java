package dev.kawi.explain;

import dev.kawi.token.TokenKind;
import dev.kawi.token.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// What tokens stand for, as text that can be shown.
final class TokenNames {
  private final Tokenizer tokenizer;

  TokenNames(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /// The text of a token in the middle of a text; the name of a control token.
  String of(int id) {
    if (id >= tokenizer.vocabulary().size()) {
      return "[" + id + "]"; // some models have more rows than their tokenizer has tokens
    }
    return isControl(id) ? tokenizer.vocabulary().text(id) : decode(tokenizer.bytes(id));
  }

  boolean isControl(int id) {
    return id < tokenizer.vocabulary().size()
        && tokenizer.vocabulary().kind(id) == TokenKind.CONTROL;
  }

  int length(int id) {
    return id < tokenizer.vocabulary().size() ? tokenizer.bytes(id).length : 0;
  }

  /// Bytes that are no whole characters are written as `<0xE4>`.
  static String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder text = new StringBuilder();
      for (byte b : bytes) {
        text.append(String.format(Locale.ROOT, "<0x%02X>", b & 0xff));
      }
      return text.toString();
    }
  }
}
