package dev.kawi.hub;

import java.io.IOException;

/// What a hub refused, or what came differently from what it promised. The message says what to do.
public final class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  /// Why, as far as a program must know.
  public enum Reason {
    NOT_FOUND,
    NO_ACCESS,
    DAMAGED,
    UNREACHABLE,
    OFFLINE,
    NO_SPACE,
    OTHER
  }

  private final Reason reason;

  /// A refusal with what to do about it.
  public HubException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /// A refusal, and what was behind it.
  public HubException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /// Why, as far as a program must know.
  public Reason reason() {
    return reason;
  }
}
