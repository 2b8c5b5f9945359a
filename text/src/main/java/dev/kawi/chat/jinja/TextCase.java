package dev.kawi.chat.jinja;

import java.util.Locale;

/// Python's letter case: `upper`, `lower`, `capitalize`, `title`, `swapcase` and the questions
/// about them.
final class TextCase {
  private TextCase() {}

  static Text upper(Text text) {
    return text.mapped(text.chars().toUpperCase(Locale.ROOT));
  }

  static Text lower(Text text) {
    return text.mapped(text.chars().toLowerCase(Locale.ROOT));
  }

  static Text casefold(Text text) {
    return text.mapped(text.chars().toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT));
  }

  static Text capitalize(Text text) {
    if (text.isEmpty()) {
      return text;
    }
    String chars = text.chars();
    int first = Character.charCount(chars.codePointAt(0));
    return text.mapped(
        titleOf(chars.codePointAt(0)) + chars.substring(first).toLowerCase(Locale.ROOT));
  }

  private static String titleOf(int c) {
    int title = Character.toTitleCase(c);
    String upper = Character.toString(c).toUpperCase(Locale.ROOT);
    return title == c && upper.length() > Character.charCount(c)
        ? upper.substring(0, 1) + upper.substring(1).toLowerCase(Locale.ROOT)
        : Character.toString(title);
  }

  /// `str.title`: a letter after a non-letter is capital, every other one is small.
  static Text title(Text text) {
    StringBuilder out = new StringBuilder();
    boolean inWord = false;
    for (int c : text.chars().codePoints().toArray()) {
      out.append(inWord ? Character.toString(c).toLowerCase(Locale.ROOT) : titleOf(c));
      inWord = isCased(c);
    }
    return text.mapped(out.toString());
  }

  /// The filter `title`: words begin after blanks, hyphens and opening brackets.
  static Text titleWords(Text text) {
    String chars = text.chars();
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < chars.length()) {
      int end = at;
      while (end < chars.length() && !isBorder(chars.charAt(end))) {
        end++;
      }
      if (end > at) {
        int first = at + Character.charCount(chars.codePointAt(at));
        out.append(chars.substring(at, first).toUpperCase(Locale.ROOT))
            .append(chars.substring(first, end).toLowerCase(Locale.ROOT));
      }
      if (end < chars.length()) {
        out.append(chars.charAt(end));
      }
      at = end + 1;
    }
    return text.mapped(out.toString());
  }

  private static boolean isBorder(int c) {
    return PyChars.isSpace(c) || "-({[<".indexOf(c) >= 0;
  }

  static Text swapcase(Text text) {
    StringBuilder out = new StringBuilder();
    for (int c : text.chars().codePoints().toArray()) {
      String one = Character.toString(c);
      out.append(
          Character.isUpperCase(c)
              ? one.toLowerCase(Locale.ROOT)
              : Character.isLowerCase(c) ? one.toUpperCase(Locale.ROOT) : one);
    }
    return text.mapped(out.toString());
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  static boolean isLower(String chars) {
    return chars.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c))
        && chars.codePoints().anyMatch(Character::isLowerCase);
  }

  static boolean isUpper(String chars) {
    return chars.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c))
        && chars.codePoints().anyMatch(Character::isUpperCase);
  }

  static boolean isTitle(String chars) {
    boolean inWord = false;
    boolean any = false;
    for (int c : chars.codePoints().toArray()) {
      boolean capital = Character.isUpperCase(c) || Character.isTitleCase(c);
      if ((capital && inWord) || (Character.isLowerCase(c) && !inWord)) {
        return false;
      }
      inWord = isCased(c);
      any |= inWord;
    }
    return any;
  }
}
