package dev.kawi.token;

import java.util.Arrays;

/// Normalized text as a string, to look for tokens in it, and the way back from its characters: to
/// its code points, and to the characters of the original text.
final class NormalizedString {
  private final NormalizedText normalized;
  private final String string;
  private final String original;
  private final int from;
  private final int to;
  private final int[] indexes;
  private int[] charOfByte = new int[0];

  /// @param from where the stretch of the original text begins that was normalized
  /// @param to where it ends
  NormalizedString(NormalizedText normalized, String original, int from, int to) {
    this.normalized = normalized;
    this.string = normalized.text(0, normalized.size());
    this.original = original;
    this.from = from;
    this.to = to;
    this.indexes = string.length() == normalized.size() ? new int[0] : indexes(string);
  }

  private static int[] indexes(String string) {
    int[] indexes = new int[string.length() + 1];
    int index = 0;
    for (int i = 0; i < string.length(); index++) {
      int end = i + Character.charCount(string.codePointAt(i));
      Arrays.fill(indexes, i, end, index);
      i = end;
    }
    indexes[string.length()] = index;
    return indexes;
  }

  String text() {
    return string;
  }

  /// The index of the code point that this character of the string belongs to.
  int index(int character) {
    return indexes.length == 0 ? character : indexes[character];
  }

  /// Where something of the string comes from content.
  SpecialTokens.Content content(Spans content) {
    return (start, end) -> {
      int first = character(normalized.source(index(start)));
      int behind = character(normalized.source(index(end)));
      return content.overlaps(first, Math.max(first + 1, behind));
    };
  }

  /// The character of the original text at this byte of the stretch.
  private int character(int sourceByte) {
    if (charOfByte.length == 0) {
      charOfByte = new int[Utf8.length(original, from, to) + 1];
      int at = 0;
      for (int i = from; i < to; ) {
        int codePoint = Utf8.codePointAt(original, i);
        int end = at + Utf8.length(codePoint);
        Arrays.fill(charOfByte, at, end, i);
        at = end;
        i += Character.charCount(codePoint);
      }
      charOfByte[at] = to;
    }
    return charOfByte[sourceByte];
  }
}
