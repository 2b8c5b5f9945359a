package dev.kawi.cli;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers as people read them.
final class Sizes {
  private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)\\s*([KMGT])(i?)B?", Pattern.CASE_INSENSITIVE);
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

  /// The bytes that a text such as `8GB`, `512 MB` or `1.5GiB` means.
  static OptionalDouble parse(String text) {
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      return OptionalDouble.empty();
    }
    String prefix = matcher.group(2).toUpperCase(Locale.ROOT);
    double unit = Math.pow(matcher.group(3).isEmpty() ? 1000 : 1024, "KMGT".indexOf(prefix) + 1.0);
    return OptionalDouble.of(Double.parseDouble(matcher.group(1)) * unit);
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
