package dev.kawi.hub;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

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
  private final String statement;
  private final String cure;

  /// A refusal with what to do about it.
  public HubException(Reason reason, String message) {
    super(message);
    this.reason = reason;
    this.statement = message;
    this.cure = "";
  }

  private HubException(Reason reason, String statement, String cure) {
    super(cure.isEmpty() ? statement : statement + "; " + cure);
    this.reason = reason;
    this.statement = statement;
    this.cure = cure;
  }

  /// A refusal, and what to do about it, which is said once where several are reported together.
  static HubException withCure(Reason reason, String statement, String cure) {
    return new HubException(reason, statement, cure);
  }

  /// What several hubs refused, as one.
  static HubException together(List<HubException> refusals) {
    return new HubException(
        refusals.getLast().reason,
        refusals.stream().map(e -> e.statement).distinct().collect(Collectors.joining("; ")),
        refusals.stream()
            .map(e -> e.cure)
            .filter(cure -> !cure.isEmpty())
            .distinct()
            .collect(Collectors.joining("; ")));
  }

  /// A refusal, and what was behind it.
  public HubException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.statement = message;
    this.cure = "";
  }

  /// Why, as far as a program must know.
  public Reason reason() {
    return reason;
  }
}
