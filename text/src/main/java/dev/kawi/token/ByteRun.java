package dev.kawi.token;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// Collects the bytes of a run of byte tokens. Whether they are text is only known at its end: one
/// wrong byte makes U+FFFD of all of them.
final class ByteRun implements DecoderStep.Flow {
  private static final CharSet HEX = CharSet.anyOf("0123456789abcdefABCDEF");

  private final ByteArrayOutputStream run = new ByteArrayOutputStream();

  @Override
  public void take(String token, Consumer<String> out) {
    int value = byteValue(token);
    if (value >= 0) {
      run.write(value);
      return;
    }
    end(out);
    out.accept(token);
  }

  @Override
  public void end(Consumer<String> out) {
    byte[] bytes = run.toByteArray();
    run.reset();
    if (bytes.length == 0) {
      return;
    }
    try {
      out.accept(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      for (int i = 0; i < bytes.length; i++) {
        out.accept("\uFFFD");
      }
    }
  }

  /// The byte that the token stands for, or -1. A plus sign is accepted for a digit, as there.
  static int byteValue(String token) {
    if (token.length() != 6 || !token.startsWith("<0x") || !token.endsWith(">")) {
      return -1;
    }
    char high = token.charAt(3);
    char low = token.charAt(4);
    boolean hexadecimal = HEX.contains(low) && (high == '+' || HEX.contains(high));
    if (!hexadecimal) {
      return -1;
    }
    return high == '+' ? Character.digit(low, 16) : Integer.parseInt(token, 3, 5, 16);
  }
}
