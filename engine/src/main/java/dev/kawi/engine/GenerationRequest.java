package dev.kawi.engine;

import dev.kawi.grammar.Constraint;
import dev.kawi.nn.Adapter;
import dev.kawi.sample.SamplingOptions;
import java.util.List;

/// What the engine is asked to continue.
///
/// @param prompt token ids, at least one
/// @param sampling how tokens are chosen
/// @param maxTokens at most so many new tokens
/// @param stop texts before the first of which the answer ends
/// @param end whether the model's end tokens end the answer
/// @param topLogProbs how many alternatives to report with each token
/// @param constraint what the answer has to look like; it ends where that does, so that the model's
///   end tokens cannot be ignored then
/// @param drafter proposes tokens that may be computed at once; [Drafter#NONE] for one at a time
/// @param options how it is queued, cached and computed
public record GenerationRequest(
    List<Integer> prompt,
    SamplingOptions sampling,
    int maxTokens,
    List<String> stop,
    End end,
    int topLogProbs,
    Constraint constraint,
    Drafter drafter,
    RequestOptions options) {

  /// What the model's end tokens do.
  public enum End {
    /// They end the answer.
    STOPS,
    /// They are never chosen.
    IGNORED
  }

  /// Checks the ranges.
  public GenerationRequest {
    prompt = List.copyOf(prompt);
    stop = List.copyOf(stop);
    if (prompt.isEmpty()) {
      throw new IllegalArgumentException(
          "a prompt needs at least one token; this model has no token that begins a text, so give"
              + " it some text");
    }
    if (maxTokens < 1 || topLogProbs < 0) {
      throw new IllegalArgumentException(
          "maxTokens must be at least 1 and topLogProbs at least 0, found %d and %d"
              .formatted(maxTokens, topLogProbs));
    }
    if (end == End.IGNORED && !(constraint instanceof Constraint.None)) {
      throw new IllegalArgumentException(
          "end tokens cannot be ignored where a schema or grammar says when the answer ends; leave"
              + " one of both out");
    }
  }

  /// Continues these tokens with the default sampling, as long as the context allows.
  public static GenerationRequest of(int... prompt) {
    return new GenerationRequest(
        java.util.Arrays.stream(prompt).boxed().toList(),
        SamplingOptions.defaults(),
        Integer.MAX_VALUE,
        List.of(),
        End.STOPS,
        0,
        Constraint.none(),
        Drafter.NONE,
        RequestOptions.DEFAULT);
  }

  /// With other sampling.
  public GenerationRequest with(SamplingOptions other) {
    return new GenerationRequest(
        prompt, other, maxTokens, stop, end, topLogProbs, constraint, drafter, options);
  }

  /// With another bound on new tokens.
  public GenerationRequest withMaxTokens(int tokens) {
    return new GenerationRequest(
        prompt, sampling, tokens, stop, end, topLogProbs, constraint, drafter, options);
  }

  /// With other stop texts.
  public GenerationRequest withStop(List<String> texts) {
    return new GenerationRequest(
        prompt, sampling, maxTokens, texts, end, topLogProbs, constraint, drafter, options);
  }

  /// With another treatment of end tokens.
  public GenerationRequest withEnd(End other) {
    return new GenerationRequest(
        prompt, sampling, maxTokens, stop, other, topLogProbs, constraint, drafter, options);
  }

  /// With log-probabilities of so many alternatives.
  public GenerationRequest withTopLogProbs(int count) {
    return new GenerationRequest(
        prompt, sampling, maxTokens, stop, end, count, constraint, drafter, options);
  }

  /// With other options.
  public GenerationRequest with(RequestOptions other) {
    return new GenerationRequest(
        prompt, sampling, maxTokens, stop, end, topLogProbs, constraint, drafter, other);
  }

  /// With the model changed by an adapter; several at once are a sum ([Adapter#sum]).
  public GenerationRequest with(Adapter adapter) {
    return with(options.withAdapter(adapter));
  }

  /// With an answer that looks like this.
  public GenerationRequest with(Constraint other) {
    return new GenerationRequest(
        prompt, sampling, maxTokens, stop, end, topLogProbs, other, drafter, options);
  }

  /// With tokens proposed by this.
  public GenerationRequest with(Drafter other) {
    return new GenerationRequest(
        prompt, sampling, maxTokens, stop, end, topLogProbs, constraint, other, options);
  }
}
