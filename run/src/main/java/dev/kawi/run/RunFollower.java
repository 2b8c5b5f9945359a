package dev.kawi.run;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// Reads the events of a run as they come, until no process works on it any more. For one thread.
public final class RunFollower {
  private static final Duration POLL = Duration.ofMillis(200);

  private final RunReader reader;
  private long offset;

  /// Follows from an offset on: 0, or where an earlier reader ended.
  public RunFollower(RunReader reader, long offset) {
    this.reader = reader;
    this.offset = offset;
  }

  /// The next events, which it waits for; none when the run has ended or was interrupted.
  ///
  /// @throws InterruptedException if the thread is interrupted while it waits
  public List<Event> next() throws IOException, InterruptedException {
    while (true) {
      boolean isOpen = reader.state().isOpen(); // before the events, so that none is missed
      EventBatch batch = reader.events(offset);
      offset = batch.next();
      if (!batch.events().isEmpty() || !isOpen) {
        return batch.events();
      }
      Thread.sleep(POLL);
    }
  }
}
