package dev.kawi.engine;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A continuation under way. Its tokens come through a queue of its own, so that whoever reads them
/// slowly, or not at all, stops nobody else. One thread reads; any thread may cancel.
public final class Generation implements Iterator<GeneratedToken> {
  private sealed interface Message {
    record Token(GeneratedToken token) implements Message {}

    record Done(GenerationResult result) implements Message {}

    record Failed(RuntimeException cause) implements Message {}
  }

  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
  private final Runnable canceller;
  private final UnaryOperator<RuntimeException> explanation;
  private volatile boolean ended;
  private @Nullable Message next;

  /// @param explanation of an error, looked for when somebody asks for the result
  Generation(Runnable canceller, UnaryOperator<RuntimeException> explanation) {
    this.canceller = canceller;
    this.explanation = explanation;
  }

  void accept(GeneratedToken token) {
    messages.add(new Message.Token(token));
  }

  void finish(GenerationResult result) {
    ended = true;
    messages.add(new Message.Done(result));
  }

  void fail(RuntimeException cause) {
    ended = true;
    messages.add(new Message.Failed(cause));
  }

  /// Ends the answer early. Its pages are free after the step that is under way; [#await] then
  /// returns what there is, with [FinishReason#CANCELLED]. Does nothing if it has ended.
  public void cancel() {
    canceller.run();
  }

  /// Whether the answer has ended, so that [#await] returns at once but for the tokens that were
  /// not read.
  public boolean isDone() {
    return ended;
  }

  /// Waits for the next token; false when the answer has ended, whether well or by an error, which
  /// [#await] tells. An interrupt of the thread cancels the answer and is kept.
  @Override
  public boolean hasNext() {
    return peek() instanceof Message.Token;
  }

  /// The next token; see [#hasNext].
  @Override
  public GeneratedToken next() {
    if (peek() instanceof Message.Token(var token)) {
      next = null;
      return token;
    }
    throw new NoSuchElementException("the answer has no more tokens");
  }

  private Message peek() {
    if (next == null) {
      boolean interrupted = false;
      while (next == null) {
        try {
          next = messages.take();
        } catch (InterruptedException e) {
          interrupted = true;
          cancel();
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return next;
  }

  /// Waits for the end of the answer. An interrupt of the thread cancels the answer and is kept.
  public GenerationResult await() {
    return await(token -> {});
  }

  /// Hands out the tokens as they come and waits for the end of the answer. An exception of the
  /// listener cancels it. An interrupt of the thread cancels it, too, and is kept.
  public GenerationResult await(Consumer<? super GeneratedToken> listener) {
    try {
      while (hasNext()) {
        listener.accept(next());
      }
    } finally {
      cancel();
    }
    return switch (peek()) {
      case Message.Done(var result) -> result;
      case Message.Failed(var cause) -> throw explanation.apply(cause);
      case Message.Token _ -> throw new IllegalStateException("Bug: a token after the last one");
    };
  }
}
