package dev.kawi.chat.jinja;

import java.util.Arrays;

/// A Python `str` that remembers which of its characters came from outside (the text of a chat
/// message, a tool's description) and which the template wrote itself.
///
/// Spans are pairs of UTF-16 offsets `[from, to)`, ascending, disjoint, never adjacent. Operations
/// that Python counts in code points do so too; offsets named `at`, `from`, `to` are UTF-16, and
/// equal to code points in a string without surrogates, which is nearly every one.
public final class Text implements Value {
  private static final int[] NONE = {};
  static final Text EMPTY = new Text("", NONE, false);

  private final String chars;
  private final int[] spans;
  private final boolean markup;
  private int codePoints = -1;

  Text(String chars, int[] spans, boolean markup) {
    this.chars = chars;
    this.spans = spans;
    this.markup = markup;
  }

  /// Text that the template's author vouches for.
  static Text trusted(String chars) {
    return chars.isEmpty() ? EMPTY : new Text(chars, NONE, false);
  }

  /// Text that came from outside, as a whole.
  static Text content(String chars) {
    return chars.isEmpty() ? EMPTY : new Text(chars, new int[] {0, chars.length()}, false);
  }

  /// `chars`, from outside if `like` has any part from outside.
  static Text tainted(String chars, Text like) {
    return like.spans.length == 0 ? trusted(chars) : content(chars);
  }

  /// The characters.
  public String chars() {
    return chars;
  }

  /// The ranges from outside, as pairs of UTF-16 offsets.
  public int[] spans() {
    return spans.clone();
  }

  int[] rawSpans() {
    return spans;
  }

  boolean hasContent() {
    return spans.length > 0;
  }

  /// Whether the template declared it safe HTML (`|safe`, `|escape`).
  boolean isMarkup() {
    return markup;
  }

  Text asMarkup() {
    return new Text(chars, spans, true);
  }

  Text asPlain() {
    return markup ? new Text(chars, spans, false) : this;
  }

  boolean isEmpty() {
    return chars.isEmpty();
  }

  /// Length in UTF-16 units.
  int units() {
    return chars.length();
  }

  /// Length in code points, Python's `len`.
  int length() {
    if (codePoints < 0) {
      codePoints = chars.codePointCount(0, chars.length());
    }
    return codePoints;
  }

  /// The UTF-16 offset of the code point number `index`.
  int offset(int index) {
    return length() == chars.length() ? index : chars.offsetByCodePoints(0, index);
  }

  /// The number of code points before a UTF-16 offset.
  int index(int at) {
    return length() == chars.length() ? at : chars.codePointCount(0, at);
  }

  /// Whether the character at a UTF-16 offset is from outside.
  boolean isContent(int at) {
    for (int i = 0; i < spans.length; i += 2) {
      if (at < spans[i + 1]) {
        return at >= spans[i];
      }
    }
    return false;
  }

  /// Whether any character in `[from, to)` is from outside.
  boolean hasContent(int from, int to) {
    for (int i = 0; i < spans.length; i += 2) {
      if (spans[i] < to && spans[i + 1] > from) {
        return true;
      }
    }
    return false;
  }

  /// The part between two UTF-16 offsets.
  Text sub(int from, int to) {
    if (from >= to) {
      return EMPTY;
    }
    if (from == 0 && to == chars.length()) {
      return this;
    }
    return new Text(chars.substring(from, to), clip(from, to), markup);
  }

  private int[] clip(int from, int to) {
    if (spans.length == 0) {
      return NONE;
    }
    int[] clipped = new int[spans.length];
    int n = 0;
    for (int i = 0; i < spans.length; i += 2) {
      int start = Math.max(spans[i], from);
      int end = Math.min(spans[i + 1], to);
      if (start < end) {
        clipped[n++] = start - from;
        clipped[n++] = end - from;
      }
    }
    return Arrays.copyOf(clipped, n);
  }

  /// The code point number `index`, as a string of one.
  Text codePoint(int index) {
    int at = offset(index);
    return sub(at, at + Character.charCount(chars.codePointAt(at)));
  }

  /// The same spans under changed characters where lengths agree; where they do not, everything
  /// becomes content if anything was.
  Text mapped(String changed) {
    if (spans.length == 0) {
      return new Text(changed, NONE, markup);
    }
    if (changed.length() == chars.length()) {
      return new Text(changed, spans, markup);
    }
    return new Text(changed, changed.isEmpty() ? NONE : new int[] {0, changed.length()}, markup);
  }

  /// The first UTF-16 offset at or after `from` where `needle` stands, or -1. Linear in both
  /// lengths.
  int find(String needle, int from) {
    if (needle.length() <= 64) {
      return chars.indexOf(needle, from);
    }
    int[] fallback = borders(needle);
    int matched = 0;
    for (int i = from; i < chars.length(); i++) {
      while (matched > 0 && chars.charAt(i) != needle.charAt(matched)) {
        matched = fallback[matched - 1];
      }
      if (chars.charAt(i) == needle.charAt(matched)) {
        matched++;
      }
      if (matched == needle.length()) {
        return i - matched + 1;
      }
    }
    return -1;
  }

  private static int[] borders(String needle) {
    int[] border = new int[needle.length()];
    int k = 0;
    for (int i = 1; i < needle.length(); i++) {
      while (k > 0 && needle.charAt(i) != needle.charAt(k)) {
        k = border[k - 1];
      }
      if (needle.charAt(i) == needle.charAt(k)) {
        k++;
      }
      border[i] = k;
    }
    return border;
  }

  /// Code-point order, as Python compares strings.
  int compareTo(Text other) {
    int n = Math.min(chars.length(), other.chars.length());
    for (int i = 0; i < n; i++) {
      if (chars.charAt(i) != other.chars.charAt(i)) {
        return Integer.compare(rank(chars.charAt(i)), rank(other.chars.charAt(i)));
      }
    }
    return Integer.compare(chars.length(), other.chars.length());
  }

  /// Surrogates belong to code points above the basic plane, above which they must rank.
  private static int rank(char c) {
    return Character.isSurrogate(c) ? c + 0x10000 : c;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Text that && chars.equals(that.chars);
  }

  @Override
  public int hashCode() {
    return chars.hashCode();
  }

  @Override
  public String toString() {
    return chars;
  }
}
