package dev.kawi.engine;

/// A request was refused because too many others wait.
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int waiting;

  QueueFullException(int waiting) {
    super(
        "the engine refuses the request: %d others wait, which is as many as it takes; try again later"
            .formatted(waiting));
    this.waiting = waiting;
  }

  /// How many requests wait.
  public int waiting() {
    return waiting;
  }
}
