package dev.kawi.run;

import org.jspecify.annotations.Nullable;

/// What a run cannot do, or what is wrong with its folder. The message says what to do.
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// Why, as far as a program must know.
  public enum Reason {
    /// The folder holds a run that was asked something else.
    OTHER_REQUEST,
    /// Another process, or another thread of this one, works on the run.
    IN_USE,
    /// The run has done all that was asked.
    DONE,
    /// The folder or its files cannot be written: no room, no permission.
    UNWRITABLE,
    /// The folder is not one of a run, or its files are damaged.
    NOT_A_RUN,
    /// There is no run of this name.
    NOT_FOUND
  }

  private final Reason reason;

  /// A refusal.
  public RunException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /// A refusal, and what was behind it.
  public RunException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /// Why, as far as a program must know.
  public Reason reason() {
    return reason;
  }
}
