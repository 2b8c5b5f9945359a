package dev.kawi.cli;

import java.util.Locale;

/// Numbers as people read them.
final class Sizes {
  private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final String[] COUNTS = {"", " thousand", " million", " billion", " trillion"};

  private Sizes() {}

  /// A number of bytes, such as `1.1 MiB`.
  static String bytes(long bytes) {
    int unit = 0;
    double size = bytes;
    while (size >= 1024 && unit < UNITS.length - 1) {
      size /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
  }

  /// A number of things, such as `1.24 billion`.
  static String count(long count) {
    int unit = 0;
    double size = count;
    while (size >= 1000 && unit < COUNTS.length - 1) {
      size /= 1000;
      unit++;
    }
    return unit == 0
        ? Long.toString(count)
        : String.format(Locale.ROOT, "%.3g%s", size, COUNTS[unit]);
  }
}
