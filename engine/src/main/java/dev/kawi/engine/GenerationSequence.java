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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Continues a prompt token by token.
final class GenerationSequence extends Sequence {
  /// Tokens proposed at once.
  private static final int MOST_DRAFTED = 8;

  private static final int[] NO_TOKENS = {};

  private final GenerationRequest request;
  private final Tokenizer tokenizer;
  private final int vocabSize;
  private final Sampler sampler;
  private final Detokenizer detokenizer;
  private final StopStrings.Matcher stops;
  private final int maxLength;
  private final Generation handle;
  private final StringBuilder text = new StringBuilder();
  private final List<Integer> generated = new ArrayList<>();

  /// Tokens that the step under way computes beyond the known ones.
  private int[] draft = NO_TOKENS;

  /// How many tokens were known when it began.
  private int knownBefore;

  private boolean draftFailed;
  private int drafted;
  private int accepted;
  private long firstToken;
  private @Nullable FinishReason finishReason;

  /// @param span what of the prompt is read in both directions
  /// @param vocabSize tokens that the model has embeddings of
  /// @param constraint what the answer has to look like
  /// @param explanation of an error, looked for when somebody asks for the result
  GenerationSequence(
      GenerationRequest request,
      int[] prompt,
      BidirectionalSpan span,
      byte[] cacheContext,
      Tokenizer tokenizer,
      int contextLength,
      int vocabSize,
      Optional<? extends TokenConstraint> constraint,
      UnaryOperator<RuntimeException> explanation) {
    super(request.options(), prompt, span, cacheContext);
    this.request = request;
    this.tokenizer = tokenizer;
    this.vocabSize = vocabSize;
    this.maxLength = (int) Math.min(contextLength, (long) prompt.length + request.maxTokens());
    this.sampler = Sampler.of(sampling(request, tokenizer));
    this.detokenizer = detokenizer(tokenizer, Arrays.stream(prompt, span.length(), prompt.length));
    this.stops = StopStrings.of(request.stop()).matcher();
    this.handle = new Generation(this::cancel, explanation);
    for (int token : prompt) {
      sampler.accept(token);
    }
    constraint.ifPresent(sampler::constrain);
  }

  /// What makes text of an answer to this prompt: if no text stands before it, a leading space
  /// means nothing. What is read in both directions and what is written are two texts.
  static Detokenizer detokenizer(Tokenizer tokenizer, IntStream prompt) {
    boolean begins = prompt.allMatch(token -> tokenizer.bytes(token).length == 0);
    return begins ? tokenizer.detokenizer() : tokenizer.continuation();
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
    return position >= known() - 1;
  }

  @Override
  int proposeTokens(int most) {
    int room = Math.min(most, Math.min(MOST_DRAFTED, maxLength - known() - 1));
    draft = room < 1 ? NO_TOKENS : request.drafter().propose(tokens(), known(), room);
    if (draft.length > room) {
      draft = Arrays.copyOf(draft, room);
    }
    for (int token : draft) {
      if (token < 0 || token >= vocabSize) {
        draft = NO_TOKENS; // a drafter's own fault costs its speed only
        break;
      }
    }
    knownBefore = known();
    draftFailed = false;
    return draft.length;
  }

  @Override
  int token(int index) {
    return index < known() ? super.token(index) : draft[index - knownBefore];
  }

  @Override
  int computedOf(int count) {
    draftFailed = false;
    if (draft.length == 0) {
      return count;
    }
    int chosen = Math.max(0, known() - knownBefore - 1);
    drafted += draft.length;
    accepted += Math.min(chosen, draft.length);
    boolean whole = chosen == draft.length;
    draft = NO_TOKENS;
    return whole ? count : chosen + 1;
  }

  @Override
  void acceptLogits(int position, Row row) {
    if (draftFailed || isDone()) {
      return;
    }
    choose(row);
    int next = position + 1 - knownBefore; // the draft's token that was proposed for this place
    draftFailed = next < draft.length && (isDone() || super.token(position + 1) != draft[next]);
  }

  private void choose(Row row) {
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
            drafted,
            accepted,
            Duration.ofNanos(first - arrived()),
            Duration.ofNanos(now - first)));
  }
}
