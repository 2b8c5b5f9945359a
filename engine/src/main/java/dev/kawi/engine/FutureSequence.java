package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/// A sequence whose result comes at once, when its tokens are computed.
abstract class FutureSequence<T> extends Sequence {
  private final CompletableFuture<T> result = new CompletableFuture<>();

  FutureSequence(
      RequestOptions options, int[] tokens, BidirectionalSpan span, byte[] cacheContext) {
    super(options, tokens, span, cacheContext);
  }

  /// The result, when all is computed.
  abstract T result();

  CompletableFuture<T> future() {
    return result;
  }

  @Override
  int maxLength() {
    return known();
  }

  @Override
  boolean isDone() {
    return pending() == 0;
  }

  @Override
  void complete() {
    result.complete(result());
  }

  @Override
  void completeCancelled() {
    result.completeExceptionally(new CancellationException("the request was cancelled"));
  }

  @Override
  void completeExceptionally(RuntimeException cause) {
    result.completeExceptionally(cause);
  }
}
