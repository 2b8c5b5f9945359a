package dev.kawi.cli;

/// A command cannot do what was asked, for a reason that is the user's to know and not ours to fix.
/// The message is the whole line that the user sees.
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandFailure(String message) {
    super(message);
  }

  CommandFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
