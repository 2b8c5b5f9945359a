package dev.kawi.run;

import java.util.Arrays;

/// A line in a diagram.
final class Curve {
  private final String name;
  private final double[] steps;
  private final double[] values;

  /// Takes over the arrays.
  ///
  /// @param name of the metric
  /// @param steps ascending. Shape: [n]
  /// @param values at the steps; may hold NaN and infinities. Shape: [n]
  Curve(String name, double[] steps, double[] values) {
    this.name = name;
    this.steps = steps;
    this.values = values;
  }

  String name() {
    return name;
  }

  /// The steps, not a copy. Shape: [n].
  double[] steps() {
    return steps;
  }

  /// The values at the steps, not a copy. Shape: [n].
  double[] values() {
    return values;
  }

  static Curve of(Series series) {
    double[] steps = new double[series.size()];
    long[] whole = series.steps();
    for (int i = 0; i < steps.length; i++) {
      steps[i] = whole[i];
    }
    return new Curve(series.name(), steps, series.values());
  }

  /// The exponential moving average with this weight of the past, without a bias towards zero at
  /// the beginning, as TensorBoard smooths. A value that is no finite number leaves the average as
  /// it was and its place empty.
  Curve smoothed(double weight) {
    double[] smooth = new double[values.length];
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < values.length; i++) {
      boolean finite = Double.isFinite(values[i]);
      if (finite) {
        sum = weight * sum + (1 - weight) * values[i];
        weights = weight * weights + (1 - weight);
      }
      smooth[i] = finite ? sum / weights : Double.NaN;
    }
    return new Curve(name, steps, smooth);
  }

  /// At most about so many points: of each stretch of steps the least and the greatest value, so
  /// that a spike stays.
  Curve thinned(int most) {
    int n = values.length;
    if (n <= most) {
      return this;
    }
    int buckets = Math.max(1, most / 2);
    double[] keptSteps = new double[2 * buckets];
    double[] keptValues = new double[2 * buckets];
    for (int b = 0; b < buckets; b++) {
      int end = (int) ((b + 1L) * n / buckets);
      int least = (int) ((long) b * n / buckets);
      int greatest = least;
      for (int i = least; i < end; i++) {
        least = values[i] < values[least] ? i : least;
        greatest = values[i] > values[greatest] ? i : greatest;
      }
      int first = Math.min(least, greatest);
      int second = Math.max(least, greatest);
      keptSteps[2 * b] = steps[first];
      keptValues[2 * b] = values[first];
      keptSteps[2 * b + 1] = steps[second];
      keptValues[2 * b + 1] = values[second];
    }
    return new Curve(name, keptSteps, keptValues).withoutRepeatedSteps();
  }

  /// A stretch whose least value is its greatest gave one point twice.
  private Curve withoutRepeatedSteps() {
    int kept = 0;
    for (int i = 0; i < steps.length; i++) {
      if (i == 0 || steps[i] > steps[kept - 1]) {
        steps[kept] = steps[i];
        values[kept] = values[i];
        kept++;
      }
    }
    return first(kept);
  }

  /// Without the values that are no finite numbers.
  Curve finite() {
    Curve copy = new Curve(name, steps.clone(), values.clone());
    int kept = 0;
    for (int i = 0; i < steps.length; i++) {
      if (Double.isFinite(values[i])) {
        copy.steps[kept] = steps[i];
        copy.values[kept] = values[i];
        kept++;
      }
    }
    return copy.first(kept);
  }

  private Curve first(int n) {
    return new Curve(name, Arrays.copyOf(steps, n), Arrays.copyOf(values, n));
  }
}
