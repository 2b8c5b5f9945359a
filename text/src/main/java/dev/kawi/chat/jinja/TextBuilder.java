package dev.kawi.chat.jinja;

import java.util.Arrays;

/// Builds a [Text] piece by piece, with its spans, inside a budget.
final class TextBuilder {
  private final Budget budget;
  private final StringBuilder chars = new StringBuilder();
  private int[] spans = new int[4];
  private int used;

  TextBuilder(Budget budget) {
    this.budget = budget;
  }

  int length() {
    return chars.length();
  }

  TextBuilder append(Text text) {
    return append(text, 0, text.units());
  }

  /// Appends the part of `text` between two UTF-16 offsets.
  TextBuilder append(Text text, int from, int to) {
    reserve(to - from);
    int base = chars.length() - from;
    int[] theirs = text.rawSpans();
    for (int i = 0; i < theirs.length; i += 2) {
      mark(Math.max(theirs[i], from) + base, Math.min(theirs[i + 1], to) + base);
    }
    chars.append(text.chars(), from, to);
    return this;
  }

  TextBuilder append(String trusted) {
    reserve(trusted.length());
    chars.append(trusted);
    return this;
  }

  TextBuilder append(char trusted) {
    reserve(1);
    chars.append(trusted);
    return this;
  }

  TextBuilder append(String piece, boolean content) {
    if (content) {
      mark(chars.length(), chars.length() + piece.length());
    }
    return append(piece);
  }

  TextBuilder appendCodePoint(int codePoint, boolean content) {
    int start = chars.length();
    reserve(2);
    chars.appendCodePoint(codePoint);
    if (content) {
      mark(start, chars.length());
    }
    return this;
  }

  TextBuilder repeat(Text text, long times) {
    if (times <= 0 || text.isEmpty()) {
      return this;
    }
    budget.checkLength(chars.length() + saturated(text.units(), times));
    for (long i = 0; i < times; i++) {
      append(text);
    }
    return this;
  }

  TextBuilder repeat(char c, long times) {
    if (times > 0) {
      budget.checkLength(chars.length() + times);
      budget.chars(times);
      chars.repeat(c, (int) times);
    }
    return this;
  }

  Text build() {
    if (chars.isEmpty()) {
      return Text.EMPTY;
    }
    return new Text(chars.toString(), Arrays.copyOf(spans, used), false);
  }

  private static long saturated(long a, long b) {
    return b > Budget.MAX_CHARS ? Long.MAX_VALUE / 2 : a * b;
  }

  private void reserve(int more) {
    budget.checkLength((long) chars.length() + more);
    budget.chars(more + 4L);
  }

  private void mark(int from, int to) {
    if (from >= to) {
      return;
    }
    if (used > 0 && spans[used - 1] == from) {
      spans[used - 1] = to;
      return;
    }
    if (used == spans.length) {
      budget.steps(used / 4);
      spans = Arrays.copyOf(spans, 2 * used);
    }
    spans[used++] = from;
    spans[used++] = to;
  }
}
