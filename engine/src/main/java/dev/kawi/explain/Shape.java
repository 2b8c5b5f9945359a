package dev.kawi.explain;

/// Checks of the parts of an explanation.
final class Shape {
  private Shape() {}

  static void equal(String what, int expected, int found) {
    require(expected == found, expected + " " + what, found);
  }

  static void notNegative(String what, int value) {
    require(value >= 0, "a " + what + " of at least 0", value);
  }

  static void require(boolean holds, String expected, Object found) {
    if (!holds) {
      throw new IllegalArgumentException("explain: expected " + expected + ", found " + found);
    }
  }
}
