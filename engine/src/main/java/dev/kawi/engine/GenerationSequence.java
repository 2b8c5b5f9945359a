package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.sample.Candidates;
import dev.kawi.sample.LogProbs;
import dev.kawi.sample.Sampler;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.sample.StopStrings;
import dev.kawi.sample.TokenConstraint;
import dev.kawi.token.Detokenizer;
import dev.kawi.token.TokenKind;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Vocabulary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Continues a prompt token by token.
final class GenerationSequence extends Sequence {
  private final GenerationRequest request;
  private final Tokenizer tokenizer;
  private final Sampler sampler;
  private final Detokenizer detokenizer;
  private final StopStrings.Matcher stops;
  private final int maxLength;
  private final Generation handle;
  private final StringBuilder text = new StringBuilder();
  private final List<Integer> generated = new ArrayList<>();

  private long firstToken;
  private @Nullable FinishReason finishReason;

  /// @param span what of the prompt is read in both directions
  /// @param constraint what the answer has to look like
  /// @param explanation of an error, looked for when somebody asks for the result
  GenerationSequence(
      GenerationRequest request,
      int[] prompt,
      BidirectionalSpan span,
      byte[] cacheContext,
      Tokenizer tokenizer,
      int contextLength,
      Optional<? extends TokenConstraint> constraint,
      UnaryOperator<RuntimeException> explanation) {
    super(request.options(), prompt, span, cacheContext);
    this.request = request;
    this.tokenizer = tokenizer;
    this.maxLength = (int) Math.min(contextLength, (long) prompt.length + request.maxTokens());
    this.sampler = Sampler.of(sampling(request, tokenizer));
    this.detokenizer = beginsText(prompt) ? tokenizer.detokenizer() : tokenizer.continuation();
    this.stops = StopStrings.of(request.stop()).matcher();
    this.handle = new Generation(this::cancel, explanation);
    for (int token : prompt) {
      sampler.accept(token);
    }
    constraint.ifPresent(sampler::constrain);
  }

  /// Whether no text stands before the answer, so that a leading space means nothing. What is read
  /// and what is written are two texts.
  private boolean beginsText(int[] prompt) {
    return Arrays.stream(prompt, span().length(), prompt.length)
        .allMatch(token -> tokenizer.bytes(token).length == 0);
  }

  private static SamplingOptions sampling(GenerationRequest request, Tokenizer tokenizer) {
    return switch (request.end()) {
      case STOPS -> request.sampling();
      case IGNORED ->
          request.sampling().toBuilder().forbid(tokenizer.vocabulary().endOfGeneration()).build();
    };
  }

  /// What the caller waits on.
  Generation handle() {
    return handle;
  }

  @Override
  int maxLength() {
    return maxLength;
  }

  @Override
  int cacheLimit() {
    return known() - 1;
  }

  @Override
  boolean wantsLogits(int position) {
    return position == known() - 1;
  }

  @Override
  void acceptLogits(int position, Row row) {
    int token = sampler.sample(row.logits, row.candidates);
    if (firstToken == 0) {
      firstToken = System.nanoTime();
    }
    if (tokenizer.vocabulary().isEndOfGeneration(token)) {
      finishReason = FinishReason.END_TOKEN;
      return;
    }
    sampler.accept(token);
    append(token);
    generated.add(token);
    emit(token, row);
    if (stops.stopped()) {
      finishReason = FinishReason.STOP_TEXT;
    } else if (generated.size() == request.maxTokens()) {
      finishReason = FinishReason.MAX_TOKENS;
    } else if (known() >= maxLength) {
      finishReason = FinishReason.CONTEXT_FULL;
    }
  }

  /// Hands out a token. A stop text does not reach across a control token, so that what came before
  /// one is handed out no later than it.
  private void emit(int token, Row row) {
    String control = control(token);
    String piece = stops.push(detokenizer.push(token));
    piece += control.isEmpty() ? "" : stops.flush();
    text.append(piece);
    int count = request.topLogProbs();
    Candidates candidates = row.candidates;
    handle.accept(
        count == 0
            ? new GeneratedToken(token, piece, control, Double.NaN, List.of())
            : new GeneratedToken(
                token,
                piece,
                control,
                LogProbs.of(row.logits, token, candidates),
                LogProbs.top(row.logits, count, candidates)));
  }

  private String control(int token) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    return vocabulary.kind(token) == TokenKind.CONTROL ? vocabulary.text(token) : "";
  }

  @Override
  boolean isDone() {
    return finishReason != null;
  }

  @Override
  void complete() {
    finish(finishReason == null ? FinishReason.CANCELLED : finishReason);
  }

  @Override
  void completeCancelled() {
    finish(FinishReason.CANCELLED);
  }

  @Override
  void completeExceptionally(RuntimeException cause) {
    handle.fail(cause);
  }

  /// Ends the answer; text that was held back is handed out unless a stop text ended it.
  private void finish(FinishReason reason) {
    if (reason != FinishReason.STOP_TEXT) {
      String rest = stops.push(detokenizer.finish());
      rest += stops.flush();
      if (!rest.isEmpty()) {
        int last = generated.isEmpty() ? token(known() - 1) : generated.getLast();
        text.append(rest);
        handle.accept(new GeneratedToken(last, rest, "", Double.NaN, List.of()));
      }
    }
    long now = System.nanoTime();
    long first = firstToken == 0 ? now : firstToken;
    handle.finish(
        new GenerationResult(
            text.toString(),
            generated,
            reason,
            promptLength(),
            cachedTokens(),
            Duration.ofNanos(first - arrived()),
            Duration.ofNanos(now - first)));
  }
}
