package dev.kawi.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Reads a run, whoever works on it: its state, how far it is, its metrics and events. Keeps
/// nothing open and nothing in memory; each method looks anew.
public final class RunReader {
  private final Path folder;
  private final RunDescription description;

  RunReader(Path folder, RunDescription description) {
    this.folder = folder;
    this.description = description;
  }

  /// Reads that of a folder.
  ///
  /// @throws RunException if there is none, or it is damaged
  public static RunReader of(Path folder) {
    Path absolute = folder.toAbsolutePath().normalize();
    return new RunReader(absolute, RunDescription.read(absolute));
  }

  /// Its name among all runs.
  public String id() {
    return description.id();
  }

  /// Its folder, absolute.
  public Path folder() {
    return folder;
  }

  /// What `run.json` says.
  public RunDescription description() {
    return description;
  }

  /// How it stands now.
  public RunState state() throws IOException {
    RunState recorded = recordedState().map(Event.State::state).orElse(RunState.QUEUED);
    if (!recorded.isHeld() || RunLock.isHeld(folder)) {
      return recorded;
    }
    // It may have ended after its state was read and before the lock was looked at.
    RunState again = recordedState().map(Event.State::state).orElse(RunState.QUEUED);
    return again.isHeld() ? RunState.INTERRUPTED : again;
  }

  /// The last change of the state in the file: why it failed, or what came out.
  public Optional<Event.State> recordedState() {
    return file().last(Event.State.class);
  }

  /// The last report of progress.
  public Optional<Event.Progress> progress() {
    return file().last(Event.Progress.class);
  }

  /// All metrics by name, in the order in which they came first.
  public Map<String, Series> series() {
    Map<String, Series> series = new LinkedHashMap<>();
    EventBatch batch = events(0);
    for (; !batch.events().isEmpty(); batch = events(batch.next())) {
      for (Event event : batch.events()) {
        if (event instanceof Event.Metric metric) {
          metric
              .values()
              .forEach((name, value) ->
                  series.computeIfAbsent(name, Series::new).add(metric.step(), value));
        }
      }
    }
    return series;
  }

  /// Some events from an offset on, at least one if there is one; 0 is the beginning. An offset is
  /// 0 or the [EventBatch#next()] of an earlier call.
  public EventBatch events(long offset) {
    return file().events(offset);
  }

  private EventFile file() {
    return new EventFile(folder.resolve(EventLog.FILE));
  }
}
