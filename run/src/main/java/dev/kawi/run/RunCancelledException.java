package dev.kawi.run;

import java.util.concurrent.CancellationException;

/// Somebody cancelled the run; thrown where its work asks, by [Run#checkCancelled()].
public final class RunCancelledException extends CancellationException {
  private static final long serialVersionUID = 1L;

  RunCancelledException(String id) {
    super("the run %s was cancelled; the same command goes on with it".formatted(id));
  }
}
