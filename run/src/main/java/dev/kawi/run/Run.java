package dev.kawi.run;

import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

// How it works. The folder is the run: `run.json` says what was asked and never changes;
// `events.jsonl` only grows, and its last event of a state is the state; `lock` is held by the
// process that works on it; `control` is what others want of that process. Nothing else is kept
// anywhere, so there is nothing that could disagree. A process that dies leaves the state `running`
// with a free lock, which readers show as interrupted and which the next process goes on from.

/// A run that this process works on. Made by [#open], or by [RunRegistry#open], which also lists it
/// in Kawi's home.
///
/// ```java
/// try (Run run = Run.open(folder, request)) {
///   run.execute(() -> {
///     for (long step = checkpoint.step(); step < steps; step++) {
///       run.checkCancelled();
///       run.metric(step, Map.of("loss", trainer.step()));
///       run.progress(step + 1, steps, "steps");
///     }
///     return Map.of("loss", trainer.loss());
///   });
/// }
/// ```
///
/// The run keeps what was reported; what the work itself needs to go on (its checkpoints) it writes
/// into the folder by itself, and finds there when [#isResumed()]. All methods may be called by any
/// thread. An event is in the file when its method returns; one that cannot be written ends in a
/// [RunException], and all before it stay.
public final class Run implements AutoCloseable {
  private static final long PROGRESS_NANOS = Duration.ofMillis(500).toNanos();
  private static final long CONTROL_NANOS = Duration.ofMillis(250).toNanos();
  private static final Duration PAUSE_POLL = Duration.ofMillis(200);

  private final Path folder;
  private final RunDescription description;
  private final RunLock lock;
  private final EventLog log;
  private final boolean resumed;
  private final List<RunListener> listeners = new CopyOnWriteArrayList<>();
  private final TimeLeft timeLeft = new TimeLeft();
  private RunState state = RunState.QUEUED;
  private long progressAt;
  private long controlAt = System.nanoTime() - CONTROL_NANOS;
  private boolean closed;

  private Run(
      Path folder, RunDescription description, RunLock lock, EventLog log, RunState before) {
    this.folder = folder;
    this.description = description;
    this.lock = lock;
    this.log = log;
    this.resumed = before != RunState.QUEUED;
  }

  /// Begins a run in a folder that is new or empty, or goes on with the one that is there if it was
  /// asked the same and is not done.
  ///
  /// @param listeners see the events from the first on
  /// @throws RunException if the folder holds another run, other files, a run that is done, or one
  ///   that somebody works on; or if it cannot be written
  public static Run open(Path folder, RunRequest request, RunListener... listeners) {
    return open(
        folder,
        request,
        () -> RunDescription.newId(request.command()),
        EventLog.Output.REAL,
        listeners);
  }

  static Run open(
      Path named,
      RunRequest request,
      Supplier<String> newId,
      EventLog.Output output,
      RunListener... listeners) {
    Path folder = named.toAbsolutePath().normalize();
    Run run = prepare(folder, request, newId, output);
    run.listeners.addAll(List.of(listeners));
    try {
      RunControl.clear(folder);
      run.enter(RunState.RUNNING, Optional.empty(), Map.of());
      List<String> versions = run.description.request().otherVersions(request);
      if (!versions.isEmpty()) {
        run.warning(
            "goes on with other versions than it began with: " + String.join("; ", versions));
      }
      return run;
    } catch (IOException e) {
      run.close();
      throw unwritable(folder, e);
    } catch (RuntimeException e) {
      run.close();
      throw e;
    }
  }

  /// Makes the folder of a run that some process is to work on later.
  ///
  /// @throws RunException as [#open]
  static RunDescription queue(Path named, RunRequest request, Supplier<String> newId) {
    Path folder = named.toAbsolutePath().normalize();
    try (Run run = prepare(folder, request, newId, EventLog.Output.REAL)) {
      run.enter(RunState.QUEUED, Optional.empty(), Map.of());
      return run.description;
    }
  }

  /// Marks a run that nobody works on as cancelled.
  ///
  /// @throws RunException as [#open]
  static void markCancelled(RunReader reader) {
    RunDescription there = reader.description();
    try (Run run = prepare(reader.folder(), there.request(), there::id, EventLog.Output.REAL)) {
      run.end(RunState.CANCELLED, Optional.empty(), Map.of());
    }
  }

  private static Run prepare(
      Path folder, RunRequest request, Supplier<String> newId, EventLog.Output output) {
    checkFolder(folder, request);
    RunLock lock = lock(folder);
    try {
      RunDescription description = description(folder, request, newId);
      RunReader reader = new RunReader(folder, description);
      RunState before = reader.recordedState().map(Event.State::state).orElse(RunState.QUEUED);
      if (before == RunState.DONE) {
        throw new RunException(
            Reason.DONE,
            "the run in %s is done; kawi runs show %s tells what came out, another folder begins a new one"
                .formatted(folder, description.id()));
      }
      return new Run(folder, description, lock, EventLog.open(folder, output), before);
    } catch (IOException e) {
      closeQuietly(lock, e);
      throw unwritable(folder, e);
    } catch (RuntimeException e) {
      closeQuietly(lock, e);
      throw e;
    }
  }

  private static void closeQuietly(RunLock lock, Exception e) {
    try {
      lock.close();
    } catch (IOException second) {
      e.addSuppressed(second);
    }
  }

  private static RunLock lock(Path folder) {
    try {
      Files.createDirectories(folder);
      Optional<RunLock> lock = RunLock.acquire(folder);
      if (lock.isPresent()) {
        return lock.get();
      }
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
    String pid =
        RunDescription.isIn(folder)
            ? RunReader.of(folder)
                .recordedState()
                .map(s -> " (process %d)".formatted(s.pid()))
                .orElse("")
            : "";
    throw new RunException(
        Reason.IN_USE,
        "somebody works on the run in %s already%s; kawi runs log --follow shows what it does"
            .formatted(folder, pid));
  }

  /// What is in the folder, or else what is new and is put there.
  private static RunDescription description(Path folder, RunRequest request, Supplier<String> newId)
      throws IOException {
    checkFolder(folder, request);
    if (RunDescription.isIn(folder)) {
      return RunDescription.read(folder);
    }
    RunDescription description = RunDescription.of(newId.get(), request);
    description.write(folder);
    return description;
  }

  /// Refuses a folder of another run or of other files, before anything is written.
  private static void checkFolder(Path folder, RunRequest request) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    if (!RunDescription.isIn(folder)) {
      checkEmpty(folder);
      return;
    }
    RunDescription there = RunDescription.read(folder);
    List<String> differences = there.request().differences(request);
    if (!differences.isEmpty()) {
      throw new RunException(
          Reason.OTHER_REQUEST,
          "the run in %s was asked something else (%s); ask the same to go on with it, or choose another folder"
              .formatted(folder, String.join("; ", differences)));
    }
  }

  private static void checkEmpty(Path folder) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (!name.startsWith(".")
            && !name.equals(RunLock.FILE)
            && !name.endsWith(AtomicFile.PART)) {
          throw new RunException(
              Reason.NOT_A_RUN,
              "%s holds %s and is not the folder of a run; choose a new or empty folder"
                  .formatted(folder, name));
        }
      }
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  /// The error of a folder or file that cannot be written.
  static RunException unwritable(Path folder, IOException e) {
    return new RunException(
        Reason.UNWRITABLE,
        "cannot write the run in %s: %s; make room, or choose a folder that you may write to. What was reported stays, and the same command goes on with it"
            .formatted(folder, reason(e)),
        e);
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException f) {
      String kind = f.getClass().getSimpleName().replace("Exception", "");
      return "%s (%s)".formatted(f.getReason() == null ? kind : f.getReason(), f.getFile());
    }
    return String.valueOf(e.getMessage());
  }

  /// Its name among all runs.
  public String id() {
    return description.id();
  }

  /// Its folder, absolute; what the work makes goes here.
  public Path folder() {
    return folder;
  }

  /// What was asked.
  public RunRequest request() {
    return description.request();
  }

  /// Whether an earlier process has worked on it, so that there may be something to go on from.
  public boolean isResumed() {
    return resumed;
  }

  /// Adds a listener, which sees the events from now on.
  public void listen(RunListener listener) {
    listeners.add(listener);
  }

  /// Reports how much is done. As often as you like: two a second are kept, and the first and the
  /// last of each unit and total.
  ///
  /// @param unit what is counted, in the plural
  public void progress(long done, long total, String unit) {
    synchronized (this) {
      long now = System.nanoTime();
      boolean begins = timeLeft.begins(total, unit);
      Optional<Double> left = timeLeft.seconds(done, total, unit, now);
      if (begins || done == total || now - progressAt >= PROGRESS_NANOS) {
        progressAt = now;
        append(new Event.Progress(Instant.now(), done, total, unit, left));
      }
    }
  }

  /// Reports values at a step, such as `loss`. A step that is done again after a resumption
  /// replaces itself, and all after it, in what readers see.
  public void metric(long step, Map<String, ? extends Number> values) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    values.forEach((name, value) -> numbers.put(name, value.doubleValue()));
    append(new Event.Metric(Instant.now(), step, numbers));
  }

  /// Reports what a person should know, and what does not end the run.
  public void warning(String text) {
    append(new Event.Warning(Instant.now(), text));
  }

  /// Reports an example of what the work is at, such as a model's answer to a prompt.
  public void sample(long step, String prompt, String text) {
    append(new Event.Sample(Instant.now(), step, prompt, text));
  }

  /// Reports that a file or folder is complete and on the disk.
  public void artefact(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    String name =
        absolute.startsWith(folder)
            ? folder.relativize(absolute).toString().replace('\\', '/')
            : absolute.toString();
    append(new Event.Artefact(Instant.now(), name));
    force();
  }

  /// To be called between two steps of the work: ends it if somebody has cancelled the run, and
  /// returns only later if somebody has it paused. Cheap: it looks at the folder four times a
  /// second.
  ///
  /// @throws RunCancelledException if the run was cancelled; [#execute] takes it from there
  public void checkCancelled() {
    synchronized (this) {
      long now = System.nanoTime();
      if (now - controlAt < CONTROL_NANOS) {
        return;
      }
      controlAt = now;
    }
    Optional<RunControl> asked = asked();
    if (asked.isPresent() && asked.get() == RunControl.PAUSE) {
      enter(RunState.PAUSED, Optional.empty(), Map.of());
      asked = awaitContinuation();
      if (asked.isEmpty()) {
        enter(RunState.RUNNING, Optional.empty(), Map.of());
      }
    }
    if (asked.isPresent()) {
      throw new RunCancelledException(id());
    }
  }

  /// Waits while the run is paused; an interrupted thread counts as cancelled.
  private Optional<RunControl> awaitContinuation() {
    Optional<RunControl> asked = asked();
    while (asked.isPresent() && asked.get() == RunControl.PAUSE) {
      try {
        Thread.sleep(PAUSE_POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.of(RunControl.CANCEL);
      }
      asked = asked();
    }
    return asked;
  }

  private Optional<RunControl> asked() {
    try {
      return RunControl.asked(folder);
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  /// The work of a run.
  @FunctionalInterface
  public interface Work {
    /// Does it; what came out, as names and JSON values.
    Map<String, Object> run() throws Exception;
  }

  /// Does the work, and marks the run as done, cancelled or failed as it ends. What the work throws
  /// is thrown on.
  ///
  /// @return what came out
  public Map<String, Object> execute(Work work) throws Exception {
    try {
      Map<String, Object> summary = work.run();
      done(summary);
      return summary;
    } catch (Throwable e) {
      fail(e);
      throw e;
    }
  }

  /// Marks the run as done.
  ///
  /// @param summary what came out, as names and JSON values
  public void done(Map<String, Object> summary) {
    end(RunState.DONE, Optional.empty(), summary);
  }

  /// Marks the run as failed by this, or as cancelled if it is a [RunCancelledException]. Never
  /// throws: where not even this can be written (a full disk), that is a suppressed exception of
  /// the cause, and readers find the run interrupted. A run that has ended stays as it is.
  public void fail(Throwable cause) {
    try {
      if (!hasEnded()) {
        boolean cancelled = cause instanceof RunCancelledException;
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        end(
            cancelled ? RunState.CANCELLED : RunState.FAILED,
            cancelled ? Optional.empty() : Optional.of(message),
            Map.of());
      }
    } catch (RunException e) {
      if (e != cause) {
        cause.addSuppressed(e);
      }
    }
  }

  private synchronized boolean hasEnded() {
    return closed || !state.isOpen();
  }

  private void end(RunState last, Optional<String> reason, Map<String, Object> summary) {
    enter(last, reason, summary);
    try {
      RunControl.clear(folder);
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  private void enter(RunState next, Optional<String> reason, Map<String, Object> summary) {
    synchronized (this) {
      append(new Event.State(Instant.now(), next, reason, summary, ProcessHandle.current().pid()));
      state = next;
      force();
    }
  }

  private void append(Event event) {
    synchronized (this) {
      if (hasEnded()) {
        throw new IllegalStateException(
            "Bug: the run %s has ended, and got %s".formatted(id(), event));
      }
      try {
        log.append(event);
      } catch (IOException e) {
        throw unwritable(folder, e);
      }
      listeners.forEach(listener -> listener.event(event));
    }
  }

  private synchronized void force() {
    try {
      log.force();
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  /// Lets go of the folder. A run that is neither done nor failed then is one that was interrupted.
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (lock) {
      log.close();
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }
}
