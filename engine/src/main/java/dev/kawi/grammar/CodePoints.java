package dev.kawi.grammar;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A set of Unicode code points without surrogates, as sorted ranges that do not touch.
final class CodePoints {
  private static final int LAST = Character.MAX_CODE_POINT;

  private static final CodePoints SURROGATES =
      new CodePoints(new int[] {Character.MIN_SURROGATE, Character.MAX_SURROGATE});

  static final CodePoints NONE = new CodePoints(new int[0]);
  static final CodePoints ALL = of(0, LAST);

  /// What a dot means: no line terminator, neither of ECMA-262 nor of Java.
  static final CodePoints DOT = of('\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029).complement();

  static final CodePoints DIGITS = of('0', '9');
  static final CodePoints WORD = of('0', '9', 'A', 'Z', '_', '_', 'a', 'z');

  /// White space on which ECMA-262 and Java agree.
  static final CodePoints SPACE = of('\t', '\r', ' ', ' ');

  /// What neither ECMA-262 nor Java takes for white space.
  static final CodePoints NO_SPACE =
      of(
              '\t', '\r', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029,
              0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF)
          .complement();

  /// First and last code point of each range, in turn.
  private final int[] bounds;

  private CodePoints(int[] bounds) {
    this.bounds = bounds;
  }

  /// The union of ranges, each given by its first and last code point; surrogates are left out.
  static CodePoints of(int... ranges) {
    return merge(ranges).minus(SURROGATES);
  }

  private static CodePoints merge(int[] ranges) {
    long[] sorted =
        IntStream.range(0, ranges.length / 2)
            .mapToLong(i -> (long) ranges[2 * i] << 32 | ranges[2 * i + 1])
            .sorted()
            .toArray();
    int[] merged = new int[ranges.length];
    int size = 0;
    for (long range : sorted) {
      int first = (int) (range >> 32);
      int last = (int) range;
      if (size > 0 && first <= merged[size - 1] + 1) {
        merged[size - 1] = Math.max(merged[size - 1], last);
      } else {
        merged[size++] = first;
        merged[size++] = last;
      }
    }
    return new CodePoints(Arrays.copyOf(merged, size));
  }

  boolean isEmpty() {
    return bounds.length == 0;
  }

  int ranges() {
    return bounds.length / 2;
  }

  int first(int range) {
    return bounds[2 * range];
  }

  int last(int range) {
    return bounds[2 * range + 1];
  }

  boolean contains(int codePoint) {
    int low = 0;
    int high = ranges() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (codePoint < first(middle)) {
        high = middle - 1;
      } else if (codePoint > last(middle)) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  CodePoints union(CodePoints other) {
    int[] both = Arrays.copyOf(bounds, bounds.length + other.bounds.length);
    System.arraycopy(other.bounds, 0, both, bounds.length, other.bounds.length);
    return merge(both);
  }

  /// All code points but these.
  CodePoints complement() {
    int[] gaps = new int[bounds.length + 2];
    int size = 0;
    int next = 0;
    for (int i = 0; i < ranges(); i++) {
      if (first(i) > next) {
        gaps[size++] = next;
        gaps[size++] = first(i) - 1;
      }
      next = last(i) + 1;
    }
    if (next <= LAST) {
      gaps[size++] = next;
      gaps[size++] = LAST;
    }
    return new CodePoints(Arrays.copyOf(gaps, size)).minus(SURROGATES);
  }

  CodePoints intersect(CodePoints other) {
    int[] common = new int[bounds.length + other.bounds.length];
    int size = 0;
    int i = 0;
    int j = 0;
    while (i < ranges() && j < other.ranges()) {
      int first = Math.max(first(i), other.first(j));
      int last = Math.min(last(i), other.last(j));
      if (first <= last) {
        common[size++] = first;
        common[size++] = last;
      }
      if (last(i) < other.last(j)) {
        i++;
      } else {
        j++;
      }
    }
    return new CodePoints(Arrays.copyOf(common, size));
  }

  CodePoints minus(CodePoints other) {
    int[] rest = new int[bounds.length + other.bounds.length + 2];
    int size = 0;
    for (int i = 0; i < ranges(); i++) {
      int next = first(i);
      for (int j = 0; j < other.ranges() && next <= last(i); j++) {
        if (other.last(j) < next || other.first(j) > last(i)) {
          continue;
        }
        if (other.first(j) > next) {
          rest[size++] = next;
          rest[size++] = other.first(j) - 1;
        }
        next = other.last(j) + 1;
      }
      if (next <= last(i)) {
        rest[size++] = next;
        rest[size++] = last(i);
      }
    }
    return new CodePoints(Arrays.copyOf(rest, size));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CodePoints set && Arrays.equals(bounds, set.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }
}
