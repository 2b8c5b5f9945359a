package dev.kawi.hub;

import java.util.Optional;

/// What goes wrong at a [TestHub], and how often still.
final class TestHubFaults {
  /// How a body ends.
  enum Ending {
    /// As it should.
    WHOLE,
    /// The connection closes too early.
    BROKEN,
    /// Nothing more comes.
    STALLED,
    /// Fewer bytes than asked for were declared, and they came.
    TRUNCATED
  }

  /// How a body is sent.
  ///
  /// @param ending how it ends
  /// @param bytes how much of it is sent
  /// @param bytesPerSecond how fast, 0 for at once
  record Plan(Ending ending, int bytes, long bytesPerSecond) {}

  /// An answer instead of the right one.
  ///
  /// @param status such as 503
  /// @param retryAfter the value of `Retry-After`, empty for none
  record Refusal(int status, String retryAfter) {}

  private String where = "";
  private long breakBytes;
  private int breaks;
  private int stalls;
  private int truncations;
  private int tooMany;
  private String retryAfter = "";
  private int errors;
  private int errorStatus;
  private long bytesPerSecond;
  private boolean ignoreRange;
  private int shown;

  synchronized void only(String pathPart) {
    where = pathPart;
  }

  synchronized void breakAfter(long bytes, int times) {
    breakBytes = bytes;
    breaks = times;
  }

  synchronized void stall(int times) {
    stalls = times;
  }

  synchronized void truncate(int times) {
    truncations = times;
  }

  synchronized void tooManyRequests(int times, String after) {
    tooMany = times;
    retryAfter = after;
  }

  synchronized void serverErrors(int status, int times) {
    errorStatus = status;
    errors = times;
  }

  synchronized void slow(long rate) {
    bytesPerSecond = rate;
  }

  synchronized void ignoreRange(boolean on) {
    ignoreRange = on;
  }

  /// How many faults with a number of times there were.
  synchronized int shown() {
    return shown;
  }

  /// Whether a request for this is answered with everything whatever it asks for.
  synchronized boolean ignoresRange(String path) {
    return ignoreRange && path.contains(where);
  }

  /// What is answered instead to a request for this, if anything.
  synchronized Optional<Refusal> refusal(String path) {
    if (!path.contains(where)) {
      return Optional.empty();
    }
    if (tooMany > 0) {
      tooMany--;
      shown++;
      return Optional.of(new Refusal(429, retryAfter));
    }
    if (errors > 0) {
      errors--;
      shown++;
      return Optional.of(new Refusal(errorStatus, ""));
    }
    return Optional.empty();
  }

  /// How a body of so many bytes is sent to a request for this.
  synchronized Plan plan(String path, int length) {
    if (!path.contains(where)) {
      return new Plan(Ending.WHOLE, length, 0);
    }
    Ending ending = ending(length);
    return switch (ending) {
      case WHOLE -> new Plan(ending, length, bytesPerSecond);
      case BROKEN -> new Plan(ending, (int) breakBytes, bytesPerSecond);
      case STALLED, TRUNCATED -> new Plan(ending, length / 2, bytesPerSecond);
    };
  }

  private Ending ending(int length) {
    if (breaks > 0 && breakBytes < length) {
      breaks--;
      shown++;
      return Ending.BROKEN;
    }
    if (stalls > 0 && length > 0) {
      stalls--;
      shown++;
      return Ending.STALLED;
    }
    if (truncations > 0 && length > 0) {
      truncations--;
      shown++;
      return Ending.TRUNCATED;
    }
    return Ending.WHOLE;
  }
}
