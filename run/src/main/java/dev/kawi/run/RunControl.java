package dev.kawi.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// What others want of the process that works on a run: a word in the file `control` of its folder.
/// The process looks a few times a second, between two steps of its work.
public enum RunControl {
  /// End, and keep what is there.
  CANCEL,
  /// Wait, and keep all in memory.
  PAUSE;

  private static final int LONGEST_WORD = 64;

  private static Path file(Path folder) {
    return folder.resolve("control");
  }

  /// Asks the process that works on a run to end it. One that nobody works on, and that waits or
  /// was interrupted, is marked as cancelled.
  ///
  /// @return how it stood: a process sees what is asked of it a moment later
  public static RunState cancel(RunReader run) throws IOException {
    RunState state = run.state();
    if (state.isHeld()) {
      ask(run.folder(), CANCEL);
    } else if (state == RunState.QUEUED || state == RunState.INTERRUPTED) {
      Run.markCancelled(run);
    }
    return state;
  }

  /// Asks the process that works on a run to wait.
  ///
  /// @return how it stood; only a run that is running can be paused
  public static RunState pause(RunReader run) throws IOException {
    RunState state = run.state();
    if (state == RunState.RUNNING) {
      ask(run.folder(), PAUSE);
    }
    return state;
  }

  /// Lets the process that holds a paused run go on.
  ///
  /// @return how it stood; only a run that is paused can go on so
  public static RunState unpause(RunReader run) throws IOException {
    RunState state = run.state();
    if (state.isHeld() && asked(run.folder()).equals(Optional.of(PAUSE))) {
      clear(run.folder());
    }
    return state;
  }

  /// Asks the process that works on a run.
  private static void ask(Path folder, RunControl what) throws IOException {
    AtomicFile.write(file(folder), what.name().toLowerCase(Locale.ROOT) + "\n");
  }

  /// Takes back what was asked: a paused run goes on.
  static void clear(Path folder) throws IOException {
    Files.deleteIfExists(file(folder));
  }

  /// What is asked now; nothing for a word that this version does not know.
  static Optional<RunControl> asked(Path folder) throws IOException {
    Path file = file(folder);
    try {
      if (!Files.exists(file) || Files.size(file) > LONGEST_WORD) {
        return Optional.empty();
      }
      String word = Files.readString(file).strip().toUpperCase(Locale.ROOT);
      return Stream.of(values()).filter(control -> control.name().equals(word)).findFirst();
    } catch (NoSuchFileException e) {
      return Optional.empty(); // taken back meanwhile
    }
  }
}
