package dev.kawi.run;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A line of `events.jsonl`. What a newer version writes and this one does not know is [Other];
/// what is no event at all, as after a power failure, is [Damaged].
public sealed interface Event {
  /// When it was written.
  Instant at();

  /// The run came into another state.
  ///
  /// @param reason why it failed, or empty
  /// @param summary what came out in the end, as names and JSON values
  /// @param pid the process that wrote it
  record State(
      Instant at, RunState state, Optional<String> reason, Map<String, Object> summary, long pid)
      implements Event {
    /// Copies the summary.
    public State {
      summary = Collections.unmodifiableMap(new LinkedHashMap<>(summary));
    }
  }

  /// How much is done.
  ///
  /// @param done of `total`
  /// @param unit what is counted, in the plural: `steps`, `tokens`, `files`
  /// @param secondsLeft at the speed since the run began or was resumed, once that is known
  record Progress(Instant at, long done, long total, String unit, Optional<Double> secondsLeft)
      implements Event {
    /// Checks the numbers.
    public Progress {
      if (total < 1 || done < 0 || done > total) {
        throw new IllegalArgumentException(
            "progress of %d of %d %s; expected 0 to a total of 1 or more"
                .formatted(done, total, unit));
      }
    }

    /// The part that is done, from 0 to 1.
    public double part() {
      return (double) done / total;
    }
  }

  /// Measured values at a step, such as `loss` and `learning_rate`.
  record Metric(Instant at, long step, Map<String, Double> values) implements Event {
    /// Copies the values.
    public Metric {
      values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }
  }

  /// Something that a person should know, and that does not end the run.
  record Warning(Instant at, String text) implements Event {}

  /// What a model wrote, or another example, at a step.
  record Sample(Instant at, long step, String prompt, String text) implements Event {}

  /// A file or folder is complete.
  ///
  /// @param path relative to the run's folder, with `/`; absolute if it lies elsewhere
  record Artefact(Instant at, String path) implements Event {}

  /// An event of a kind that this version does not know.
  record Other(Instant at, String kind, Map<String, Object> fields) implements Event {
    /// Copies the fields.
    public Other {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }
  }

  /// A line that is no event.
  record Damaged(String line) implements Event {
    @Override
    public Instant at() {
      return Instant.EPOCH;
    }
  }
}
