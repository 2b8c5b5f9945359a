package dev.kawi.token;

import java.nio.charset.StandardCharsets;

/// UTF-8 of Java text in which half a surrogate pair, which has no UTF-8, counts as U+FFFD.
final class Utf8 {
  static final int REPLACEMENT = 0xFFFD;

  private static final String REPLACEMENT_TEXT = "\uFFFD";

  private Utf8() {}

  /// The code point at this index; U+FFFD for half a pair.
  static int codePointAt(CharSequence text, int index) {
    char c = text.charAt(index);
    if (!Character.isSurrogate(c)) {
      return c;
    }
    int codePoint = Character.codePointAt(text, index);
    return codePoint > 0xFFFF ? codePoint : REPLACEMENT;
  }

  /// How many bytes the code point has.
  static int length(int codePoint) {
    if (codePoint < 0x80) {
      return 1;
    }
    return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  /// How many bytes the characters from `from` to `to` have.
  static int length(CharSequence text, int from, int to) {
    int bytes = 0;
    for (int i = from; i < to; ) {
      int codePoint = codePointAt(text, i);
      bytes += length(codePoint);
      i += Character.charCount(codePoint);
    }
    return bytes;
  }

  /// How many bytes the sequence that begins with this byte has; 1 for a byte that begins none.
  static int length(byte first) {
    if (first >= 0) {
      return 1;
    }
    int ones = Integer.numberOfLeadingZeros(~(first << 24));
    return ones >= 2 && ones <= 4 ? ones : 1;
  }

  /// Writes the code point to `to[at]` and on, and returns the index behind it.
  static int put(int codePoint, byte[] to, int at) {
    if (codePoint < 0x80) {
      to[at] = (byte) codePoint;
      return at + 1;
    }
    if (codePoint < 0x800) {
      to[at] = (byte) (0xC0 | (codePoint >> 6));
      to[at + 1] = trail(codePoint);
      return at + 2;
    }
    if (codePoint < 0x10000) {
      to[at] = (byte) (0xE0 | (codePoint >> 12));
      to[at + 1] = trail(codePoint >> 6);
      to[at + 2] = trail(codePoint);
      return at + 3;
    }
    to[at] = (byte) (0xF0 | (codePoint >> 18));
    to[at + 1] = trail(codePoint >> 12);
    to[at + 2] = trail(codePoint >> 6);
    to[at + 3] = trail(codePoint);
    return at + 4;
  }

  private static byte trail(int bits) {
    return (byte) (0x80 | (bits & 0x3F));
  }

  static byte[] bytes(String text) {
    byte[] bytes = new byte[length(text, 0, text.length())];
    int at = 0;
    for (int i = 0; i < text.length(); ) {
      int codePoint = codePointAt(text, i);
      at = put(codePoint, bytes, at);
      i += Character.charCount(codePoint);
    }
    return bytes;
  }

  /// The characters from `from` to `to` with U+FFFD for every half of a pair.
  static String wellFormed(String text, int from, int to) {
    String part = text.substring(from, to);
    if (part.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return part;
    }
    byte[] bytes = bytes(part);
    return text(bytes, 0, bytes.length);
  }

  /// Decodes the bytes. What is no UTF-8 becomes U+FFFD, one for every longest part that could
  /// begin a code point, as the Unicode standard recommends; the JDK makes one of an encoded
  /// surrogate.
  static String text(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    return text.indexOf(REPLACEMENT) < 0 ? text : textWithReplacements(bytes, from, to);
  }

  private static String textWithReplacements(byte[] bytes, int from, int to) {
    StringBuilder text = new StringBuilder(to - from);
    for (int at = from; at < to; ) {
      int length = length(bytes[at]);
      int end = at + 1;
      boolean begins = length > 1;
      while (begins && end < Math.min(to, at + length)) {
        begins = (bytes[end] & 0xC0) == 0x80 && canBegin(bytes, at, end + 1);
        end += begins ? 1 : 0;
      }
      boolean whole = end - at == length && (bytes[at] >= 0 || canBegin(bytes, at, end));
      text.append(whole ? new String(bytes, at, length, StandardCharsets.UTF_8) : REPLACEMENT_TEXT);
      at = end;
    }
    return text.toString();
  }

  /// Where the bytes end that can be decoded now: the length, or less where the last bytes begin a
  /// code point that later bytes could complete.
  static int complete(byte[] bytes, int length) {
    for (int back = 1; back <= Math.min(3, length); back++) {
      int at = length - back;
      byte b = bytes[at];
      if ((b & 0xC0) != 0x80) {
        return length(b) > back && canBegin(bytes, at, length) ? at : length;
      }
    }
    return length;
  }

  /// Whether the bytes from `at` on, fewer than their first one announces, may begin a code point:
  /// no overlong form, no surrogate, nothing above U+10FFFF.
  private static boolean canBegin(byte[] bytes, int at, int end) {
    int first = bytes[at] & 0xFF;
    if (first < 0xC2 || first > 0xF4) {
      return false;
    }
    if (end - at < 2) {
      return true;
    }
    int second = bytes[at + 1] & 0xFF;
    return switch (first) {
      case 0xE0 -> second >= 0xA0;
      case 0xED -> second < 0xA0;
      case 0xF0 -> second >= 0x90;
      case 0xF4 -> second < 0x90;
      default -> true;
    };
  }
}
