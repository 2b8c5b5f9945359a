package dev.kawi.cli;

import java.util.ArrayList;
import java.util.List;

/// Rows under a heading. On a terminal the columns are cut so that a row fits its width, the widest
/// first; in a pipe everything is whole.
final class Table {
  private static final int LEAST = 8;
  private static final String BETWEEN = "  ";

  /// On which side of its column a cell stands.
  enum Align {
    LEFT,
    RIGHT
  }

  private final List<Align> columns;
  private final List<List<String>> rows = new ArrayList<>();

  private Table(List<Align> columns, List<String> heading) {
    this.columns = columns;
    rows.add(heading);
  }

  /// A table with these headings; one that begins with a `>` stands over numbers.
  static Table of(String... headings) {
    List<Align> columns = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (String heading : headings) {
      boolean right = heading.startsWith(">");
      columns.add(right ? Align.RIGHT : Align.LEFT);
      names.add(right ? heading.substring(1) : heading);
    }
    return new Table(columns, names);
  }

  /// Adds a row, of as many cells as there are headings.
  Table row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  /// Prints it to `out`.
  void print(Console console) {
    int[] widths = widths(console.columns());
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = cut(row.get(i), widths[i]);
        String gap = " ".repeat(widths[i] - width(cell));
        line.append(i == 0 ? "" : BETWEEN)
            .append(columns.get(i) == Align.RIGHT ? gap + cell : cell + gap);
      }
      console.out().println(line.toString().stripTrailing());
    }
  }

  private int[] widths(int most) {
    int[] widths = new int[columns.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    long all = BETWEEN.length() * (widths.length - 1L);
    for (int width : widths) {
      all += width;
    }
    for (; all > most; all--) {
      int widest = 0;
      for (int i = 1; i < widths.length; i++) {
        widest = widths[i] > widths[widest] ? i : widest;
      }
      if (widths[widest] <= LEAST) {
        break;
      }
      widths[widest]--;
    }
    return widths;
  }

  /// Columns that a text takes: two for each Chinese, Japanese or Korean character.
  static int width(String text) {
    return text.codePoints().map(c -> isWide(c) ? 2 : 1).sum();
  }

  private static boolean isWide(int c) {
    return Character.isIdeographic(c)
        || (c >= 0x1100 && c <= 0x115f)
        || (c >= 0x2e80 && c <= 0x303e)
        || (c >= 0x3041 && c <= 0xa4cf)
        || (c >= 0xac00 && c <= 0xd7a3)
        || (c >= 0xf900 && c <= 0xfaff)
        || (c >= 0xfe30 && c <= 0xfe6f)
        || (c >= 0xff00 && c <= 0xff60)
        || (c >= 0xffe0 && c <= 0xffe6);
  }

  private static String cut(String text, int width) {
    if (width(text) <= width) {
      return text;
    }
    StringBuilder kept = new StringBuilder();
    int used = 0;
    for (int c : text.codePoints().toArray()) {
      used += isWide(c) ? 2 : 1;
      if (used > width - 1) {
        break;
      }
      kept.appendCodePoint(c);
    }
    return kept.append('…').toString();
  }
}
