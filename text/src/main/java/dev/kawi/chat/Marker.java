package dev.kawi.chat;

import java.util.List;

/// A text that tells parts of a model's output apart.
///
/// @param text its characters
/// @param origins where each of them has to come from, [#TEXT] or [#CONTROL]; empty if that does
///   not matter
record Marker(String text, String origins) {
  /// A character of text, as a user would see it.
  static final char TEXT = 't';

  /// A character of the name of a control token.
  static final char CONTROL = 'c';

  /// A marker in which these tokens must be control tokens; if there are none, all that counts is
  /// the spelling.
  static Marker of(String text, List<String> controls) {
    if (controls.isEmpty()) {
      return new Marker(text, "");
    }
    StringBuilder from = new StringBuilder(String.valueOf(TEXT).repeat(text.length()));
    for (String token : controls) {
      for (int at = text.indexOf(token); at >= 0; at = text.indexOf(token, at + 1)) {
        from.replace(at, at + token.length(), String.valueOf(CONTROL).repeat(token.length()));
      }
    }
    return new Marker(text, from.toString());
  }

  static List<Marker> all(List<String> texts, List<String> controls) {
    return texts.stream().map(text -> of(text, controls)).toList();
  }

  boolean beginsWith(CharSequence start, CharSequence from) {
    return isStart(text, start) && (origins.isEmpty() || isStart(origins, from));
  }

  private static boolean isStart(String whole, CharSequence start) {
    int length = start.length();
    if (length > whole.length()) {
      return false;
    }
    for (int i = length - 1; i >= 0; i--) {
      if (whole.charAt(i) != start.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  boolean has(int index, char c, char origin) {
    return text.charAt(index) == c && (origins.isEmpty() || origins.charAt(index) == origin);
  }
}
