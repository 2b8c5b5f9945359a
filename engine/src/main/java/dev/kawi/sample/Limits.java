package dev.kawi.sample;

/// Checks parameters of steps and says what is wrong with them.
final class Limits {
  private Limits() {}

  static double within(String name, double value, double from, double to) {
    if (!(value >= from && value <= to)) {
      throw new IllegalArgumentException(
          "sampling: "
              + name
              + " must be in ["
              + plain(from)
              + ", "
              + plain(to)
              + "], found "
              + plain(value));
    }
    return value;
  }

  static double above(String name, double value, double from, double to) {
    if (!(value > from && value <= to)) {
      throw new IllegalArgumentException(
          "sampling: "
              + name
              + " must be in ("
              + plain(from)
              + ", "
              + plain(to)
              + "], found "
              + plain(value));
    }
    return value;
  }

  static double atLeast(String name, double value, double from) {
    if (!(value >= from && value <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "sampling: "
              + name
              + " must be a number of at least "
              + plain(from)
              + ", found "
              + plain(value));
    }
    return value;
  }

  static int atLeast(String name, int value, int from) {
    if (value < from) {
      throw new IllegalArgumentException(
          "sampling: " + name + " must be at least " + from + ", found " + value);
    }
    return value;
  }

  /// A number without a needless fraction: 1 rather than 1.0.
  static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Float.toString((float) value);
  }
}
