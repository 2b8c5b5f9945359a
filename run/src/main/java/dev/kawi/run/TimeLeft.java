package dev.kawi.run;

import java.util.Optional;

/// Guesses the time left from the speed since the first report, so that what an earlier process did
/// does not count. Another unit or total begins anew.
final class TimeLeft {
  private static final double LEAST_SECONDS = 1;

  private String unit = "";
  private long total;
  private long firstDone;
  private long firstNanos;

  /// Whether this is the first report of this unit and total.
  boolean begins(long newTotal, String newUnit) {
    return newTotal != total || !newUnit.equals(unit);
  }

  /// The seconds left, once there is a speed.
  Optional<Double> seconds(long done, long newTotal, String newUnit, long nanos) {
    if (begins(newTotal, newUnit) || done < firstDone) {
      unit = newUnit;
      total = newTotal;
      firstDone = done;
      firstNanos = nanos;
    }
    double passed = (nanos - firstNanos) / 1e9;
    return done == firstDone || passed < LEAST_SECONDS
        ? Optional.empty()
        : Optional.of(passed * (total - done) / (done - firstDone));
  }
}
