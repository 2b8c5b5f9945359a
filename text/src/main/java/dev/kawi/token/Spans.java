package dev.kawi.token;

import java.util.Arrays;

/// Stretches of a string, in ascending order without overlaps: which characters of a rendered chat
/// template came from messages. Immutable.
public final class Spans {
  private static final Spans NONE = new Spans(new int[0]);

  private final int[] bounds;

  private Spans(int[] bounds) {
    this.bounds = bounds;
  }

  /// No stretch.
  public static Spans none() {
    return NONE;
  }

  /// The whole of this text.
  public static Spans all(String text) {
    return text.isEmpty() ? NONE : new Spans(new int[] {0, text.length()});
  }

  /// Stretches as pairs of the index of the first character and the index behind the last one.
  /// Neighbours that touch are joined, empty ones are left out.
  public static Spans of(int... bounds) {
    if (bounds.length % 2 != 0) {
      throw new IllegalArgumentException(
          "Spans: bounds come in pairs, found %d of them".formatted(bounds.length));
    }
    int[] joined = new int[bounds.length];
    int size = 0;
    int last = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      int start = bounds[i];
      int end = bounds[i + 1];
      if (start < last || end < start) {
        throw new IllegalArgumentException(
            "Spans: must ascend from %d, found %d to %d".formatted(last, start, end));
      }
      last = end;
      if (start == end) {
        continue;
      }
      if (size > 0 && joined[size - 1] == start) {
        joined[size - 1] = end;
      } else {
        joined[size++] = start;
        joined[size++] = end;
      }
    }
    return size == 0 ? NONE : new Spans(Arrays.copyOf(joined, size));
  }

  /// How many stretches there are.
  public int size() {
    return bounds.length / 2;
  }

  /// Where a stretch begins.
  public int start(int index) {
    return bounds[2 * index];
  }

  /// Where a stretch ends: the index behind its last character.
  public int end(int index) {
    return bounds[2 * index + 1];
  }

  /// Whether one of the characters from `start` to `end` (not included) is in a stretch.
  public boolean overlaps(int start, int end) {
    int low = 0;
    int high = size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (end(middle) > start) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low < size() && start(low) < end && start < end;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Spans spans && Arrays.equals(bounds, spans.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    return Arrays.toString(bounds);
  }
}
