package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.BlockTable;
import dev.kawi.sample.LogProbs;
import dev.kawi.sample.Sampler;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.sample.StopStrings;
import dev.kawi.token.Detokenizer;
import dev.kawi.token.TokenKind;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Vocabulary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A request on its way: the tokens known, how many of them are computed, and where its answer
/// goes. The engine's thread drives it; the caller only waits in [#await].
final class Sequence {
  private sealed interface Message {
    record Piece(GeneratedToken token) implements Message {}

    record Done(GenerationResult result) implements Message {}

    record Failed(RuntimeException cause) implements Message {}
  }

  private final GenerationRequest request;
  private final BidirectionalSpan span;
  private final Tokenizer tokenizer;
  private final Sampler sampler;
  private final Detokenizer detokenizer;
  private final StopStrings.Matcher stops;
  private final int maxLength;
  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
  private final StringBuilder text = new StringBuilder();
  private final List<Integer> generated = new ArrayList<>();
  private final long started = System.nanoTime();

  private int[] tokens;
  private int known;
  private int computed;
  private int cached;
  private long firstToken;
  private @Nullable BlockTable table;
  private volatile boolean cancelled;

  /// A sequence that begins with the prompt of a request.
  ///
  /// @param span what of the prompt is read in both directions
  Sequence(
      GenerationRequest request,
      int[] prompt,
      BidirectionalSpan span,
      Tokenizer tokenizer,
      int contextLength) {
    this.request = request;
    this.span = span;
    this.tokenizer = tokenizer;
    this.tokens = prompt.clone();
    this.known = tokens.length;
    this.maxLength = (int) Math.min(contextLength, (long) known + request.maxTokens());
    this.sampler = Sampler.of(sampling(request, tokenizer));
    this.detokenizer = beginsText() ? tokenizer.detokenizer() : tokenizer.continuation();
    this.stops = StopStrings.of(request.stop()).matcher();
    for (int token : tokens) {
      sampler.accept(token);
    }
  }

  /// Whether no text stands before the answer, so that a leading space means nothing. What is read
  /// and what is written are two texts.
  private boolean beginsText() {
    return Arrays.stream(tokens, span.length(), known)
        .allMatch(token -> tokenizer.bytes(token).length == 0);
  }

  private static SamplingOptions sampling(GenerationRequest request, Tokenizer tokenizer) {
    return switch (request.end()) {
      case STOPS -> request.sampling();
      case IGNORED ->
          request.sampling().toBuilder().forbid(tokenizer.vocabulary().endOfGeneration()).build();
    };
  }

  /// Tokens that it can have in all.
  int maxLength() {
    return maxLength;
  }

  /// The prompt.
  int[] prompt() {
    return Arrays.copyOf(tokens, known);
  }

  /// What of the prompt is read in both directions.
  BidirectionalSpan span() {
    return span;
  }

  /// Tokens of the span that are not computed, which one step has to do.
  int pendingSpan() {
    return Math.max(0, span.length() - computed);
  }

  /// Takes pages, in which the first tokens may be computed already.
  void admit(PageManager.Lease lease) {
    table = lease.table();
    computed = lease.computed();
    cached = lease.computed();
  }

  /// Its pages.
  BlockTable table() {
    if (table == null) {
      throw new IllegalStateException("Bug: a sequence without pages is run");
    }
    return table;
  }

  /// Known tokens that are not computed.
  int pending() {
    return known - computed;
  }

  /// Tokens computed.
  int computed() {
    return computed;
  }

  int token(int index) {
    return tokens[index];
  }

  /// The tokens whose keys and values are in the pages.
  int[] computedTokens() {
    return Arrays.copyOf(tokens, computed);
  }

  /// Notes that `count` more tokens were computed.
  void advance(int count) {
    computed += count;
  }

  boolean cancelled() {
    return cancelled;
  }

  /// Chooses the next token from the logits of the last known one. True when the answer is
  /// complete.
  boolean choose(float[] logits) {
    int token = sampler.sample(logits);
    if (firstToken == 0) {
      firstToken = System.nanoTime();
    }
    if (tokenizer.vocabulary().isEndOfGeneration(token)) {
      finish(FinishReason.END_TOKEN);
      return true;
    }
    sampler.accept(token);
    append(token);
    emit(token, logits);
    if (stops.stopped()) {
      finish(FinishReason.STOP_TEXT);
    } else if (generated.size() == request.maxTokens()) {
      finish(FinishReason.MAX_TOKENS);
    } else if (known >= maxLength) {
      finish(FinishReason.CONTEXT_FULL);
    } else {
      return false;
    }
    return true;
  }

  private void append(int token) {
    if (known == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.min(maxLength, known + Math.max(64, known)));
    }
    tokens[known++] = token;
    generated.add(token);
  }

  /// Hands out a token. A stop text does not reach across a control token, so that what came before
  /// one is handed out no later than it.
  private void emit(int token, float[] logits) {
    String control = control(token);
    String piece = stops.push(detokenizer.push(token));
    piece += control.isEmpty() ? "" : stops.flush();
    text.append(piece);
    int count = request.topLogProbs();
    messages.add(
        new Message.Piece(
            count == 0
                ? new GeneratedToken(token, piece, control, Double.NaN, List.of())
                : new GeneratedToken(
                    token,
                    piece,
                    control,
                    LogProbs.of(logits, token),
                    LogProbs.top(logits, count))));
  }

  private String control(int token) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    return vocabulary.kind(token) == TokenKind.CONTROL ? vocabulary.text(token) : "";
  }

  /// Ends the answer; text that was held back is handed out unless a stop text ended it.
  void finish(FinishReason reason) {
    if (reason != FinishReason.STOP_TEXT) {
      String rest = stops.push(detokenizer.finish());
      rest += stops.flush();
      if (!rest.isEmpty()) {
        int last = generated.isEmpty() ? known - 1 : generated.getLast();
        text.append(rest);
        messages.add(new Message.Piece(new GeneratedToken(last, rest, "", Double.NaN, List.of())));
      }
    }
    long now = System.nanoTime();
    long first = firstToken == 0 ? now : firstToken;
    messages.add(
        new Message.Done(
            new GenerationResult(
                text.toString(),
                generated,
                reason,
                request.prompt().size(),
                cached,
                Duration.ofNanos(first - started),
                Duration.ofNanos(now - first))));
  }

  /// Ends the answer with an error.
  void fail(RuntimeException cause) {
    messages.add(new Message.Failed(cause));
  }

  /// Waits for the answer on the caller's thread, handing out tokens as they come. An interrupt
  /// ends the answer early and is kept.
  GenerationResult await(Consumer<? super GeneratedToken> listener) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          switch (messages.take()) {
            case Message.Piece(var token) -> listener.accept(token);
            case Message.Done(var result) -> {
              return result;
            }
            case Message.Failed(var cause) -> throw cause;
          }
        } catch (InterruptedException e) {
          interrupted = true;
          cancelled = true;
        }
      }
    } finally {
      cancelled = true;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
