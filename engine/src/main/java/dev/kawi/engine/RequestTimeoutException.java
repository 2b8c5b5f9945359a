package dev.kawi.engine;

import java.time.Duration;

/// A request took longer than its time limit.
public final class RequestTimeoutException extends RuntimeException {
  private static final long serialVersionUID = 1;

  RequestTimeoutException(Duration limit) {
    super(
        "the request was given %d ms and was not done by then; allow more, or ask for less"
            .formatted(limit.toMillis()));
  }
}
