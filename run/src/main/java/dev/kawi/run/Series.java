package dev.kawi.run;

import java.util.Arrays;

/// The values of one metric by step, ascending. A step that is reported again (a run that goes on
/// from its last checkpoint repeats the steps after it) takes the place of all from there on.
public final class Series {
  private static final int FIRST_SIZE = 64;

  private final String name;
  private long[] steps = new long[FIRST_SIZE];
  private double[] values = new double[FIRST_SIZE];
  private int size;

  Series(String name) {
    this.name = name;
  }

  void add(long step, double value) {
    while (size > 0 && steps[size - 1] >= step) {
      size--;
    }
    if (size == steps.length) {
      steps = Arrays.copyOf(steps, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    steps[size] = step;
    values[size] = value;
    size++;
  }

  /// The metric's name.
  public String name() {
    return name;
  }

  /// How many values there are.
  public int size() {
    return size;
  }

  /// The steps, ascending. Shape: [size].
  public long[] steps() {
    return Arrays.copyOf(steps, size);
  }

  /// The values at the steps. Shape: [size].
  public double[] values() {
    return Arrays.copyOf(values, size);
  }

  /// The value at the last step.
  public double last() {
    if (size == 0) {
      throw new IllegalStateException("Bug: the series " + name + " is empty");
    }
    return values[size - 1];
  }
}
