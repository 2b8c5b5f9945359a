package dev.kawi.run;

import java.util.Locale;

/// How a run stands.
public enum RunState {
  /// Asked for, and not begun.
  QUEUED,
  /// A process works on it.
  RUNNING,
  /// A process holds it, and waits to be told to go on.
  PAUSED,
  /// All that was asked is there.
  DONE,
  /// It ended by an error; the same command goes on with it.
  FAILED,
  /// Somebody ended it; the same command goes on with it.
  CANCELLED,
  /// Its process is gone without a word (killed, or the machine went down); the same command goes
  /// on with it. Never written into a folder: it is what a reader finds.
  INTERRUPTED;

  /// As it stands in files and is shown, such as `running`.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Whether a process works on it, or will.
  public boolean isOpen() {
    return this == QUEUED || this == RUNNING || this == PAUSED;
  }

  /// Whether a process has it.
  public boolean isHeld() {
    return this == RUNNING || this == PAUSED;
  }
}
