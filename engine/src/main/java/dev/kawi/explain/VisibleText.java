package dev.kawi.explain;

import java.util.Locale;

/// Text of tokens as a terminal can show it: nothing invisible, nothing that moves the cursor, and
/// its width in cells.
final class VisibleText {
  private VisibleText() {}

  /// Spaces at the ends become `·`, line feeds `↵`, tabs `⇥`; controls, marks of direction and
  /// halves of characters are named, such as `U+001B`; an empty text is `∅`.
  static String of(String text) {
    if (text.isEmpty()) {
      return "∅";
    }
    int first = 0;
    while (first < text.length() && text.charAt(first) == ' ') {
      first++;
    }
    int last = text.length();
    while (last > first && text.charAt(last - 1) == ' ') {
      last--;
    }
    return "·".repeat(first)
        + inline(text.substring(first, last))
        + "·".repeat(text.length() - last);
  }

  /// The same for running text, in which spaces stay spaces.
  static String inline(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints().forEach(c -> append(shown, c));
    return shown.toString();
  }

  private static void append(StringBuilder shown, int codePoint) {
    switch (codePoint) {
      case '\n' -> shown.append('↵');
      case '\r' -> shown.append('␍');
      case '\t' -> shown.append('⇥');
      default -> {
        if (isInvisible(codePoint)) {
          shown.append(String.format(Locale.ROOT, "U+%04X", codePoint));
        } else {
          shown.appendCodePoint(codePoint);
        }
      }
    }
  }

  private static boolean isInvisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  /// How many cells a visible text takes: two for wide East Asian characters and emoji, none for
  /// combining marks.
  static int width(String text) {
    return text.codePoints().map(VisibleText::cells).sum();
  }

  private static int cells(int codePoint) {
    int type = Character.getType(codePoint);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      return 0;
    }
    return isWide(codePoint) ? 2 : 1;
  }

  /// The blocks of Unicode's EastAsianWidth.txt that are wide throughout, and emoji.
  private static boolean isWide(int c) {
    return (c >= 0x1100 && c <= 0x115f)
        || (c >= 0x2e80 && c <= 0x303e)
        || (c >= 0x3041 && c <= 0x4dbf)
        || (c >= 0x4e00 && c <= 0xa4cf)
        || (c >= 0xa960 && c <= 0xa97f)
        || (c >= 0xac00 && c <= 0xd7a3)
        || (c >= 0xf900 && c <= 0xfaff)
        || (c >= 0xfe30 && c <= 0xfe6f)
        || (c >= 0xff00 && c <= 0xff60)
        || (c >= 0xffe0 && c <= 0xffe6)
        || (c >= 0x1f300 && c <= 0x1faff)
        || (c >= 0x20000 && c <= 0x3fffd);
  }

  /// The start of a text that fits into `cells`, with `…` where something is missing.
  static String cut(String text, int cells) {
    if (width(text) <= cells) {
      return text;
    }
    StringBuilder start = new StringBuilder();
    int used = 0;
    for (int c : text.codePoints().toArray()) {
      used += cells(c);
      if (used > cells - 1) {
        break;
      }
      start.appendCodePoint(c);
    }
    return start.append('…').toString();
  }

  /// The end of a text that fits into `cells`.
  static String tail(String text, int cells) {
    int from = 0;
    while (width(text.substring(from)) > cells) {
      from = text.offsetByCodePoints(from, 1);
    }
    return from == 0 ? text : cutFront(text.substring(from));
  }

  private static String cutFront(String text) {
    return text.isEmpty() ? "" : "…" + text.substring(text.offsetByCodePoints(0, 1));
  }

  /// Cut or filled with spaces to exactly `cells`, the text at the left.
  static String left(String text, int cells) {
    String shown = cut(text, cells);
    return shown + " ".repeat(Math.max(0, cells - width(shown)));
  }

  /// Cut or filled with spaces to exactly `cells`, the text at the right.
  static String right(String text, int cells) {
    String shown = cut(text, cells);
    return " ".repeat(Math.max(0, cells - width(shown))) + shown;
  }
}
