package dev.kawi.token;

import org.jspecify.annotations.Nullable;

/// GPT-2's alphabet: a printable character for every byte. Bytes that are printable in Latin-1 are
/// themselves, the others are U+0100 and on, in order.
final class ByteAlphabet {
  private static final int LAST = 0x143;
  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[LAST + 1];

  static {
    java.util.Arrays.fill(BYTES, (short) -1);
    int next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b != 0xAD);
      CHARACTERS[b] = (char) (printable ? b : next++);
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /// The bytes that the characters stand for; null if one of them stands for none.
  static byte @Nullable [] decode(String text) {
    byte[] bytes = new byte[text.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = text.charAt(i);
      if (c > LAST || BYTES[c] < 0) {
        return null;
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }

  /// The character for this byte.
  static char character(byte b) {
    return CHARACTERS[b & 0xFF];
  }

  /// The characters for these bytes.
  static String encode(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      text.append(CHARACTERS[b & 0xFF]);
    }
    return text.toString();
  }
}
