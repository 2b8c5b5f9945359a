package dev.kawi.explain;

import dev.kawi.sample.SamplingObserver;
import dev.kawi.sample.ScoredToken;
import dev.kawi.sample.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/// Watches a [dev.kawi.sample.Sampler] and turns what it sees into a [ChoiceView]:
///
/// ```java
/// ChoiceRecorder recorder = new ChoiceRecorder(position, 12, tokenizer::text);
/// sampler.sample(logits, recorder);
/// ChoiceView choice = recorder.choice();
/// ```
public final class ChoiceRecorder implements SamplingObserver {
  private final int position;
  private final int topCount;
  private final IntFunction<String> textOf;
  private final List<TokenCandidate> candidates = new ArrayList<>();
  private final List<FilterView> filters = new ArrayList<>();
  private final List<TokenCandidate> chosen = new ArrayList<>();
  private int vocabSize;

  /// Watches one choice.
  ///
  /// @param position whose logits are used
  /// @param topCount how many tokens each list holds at most
  /// @param textOf the text of a token id
  public ChoiceRecorder(int position, int topCount, IntFunction<String> textOf) {
    this.position = position;
    this.topCount = topCount;
    this.textOf = textOf;
  }

  @Override
  public int topCount() {
    return topCount;
  }

  @Override
  public void started(int vocabSize, List<ScoredToken> top) {
    this.vocabSize = vocabSize;
    candidates.addAll(named(top));
  }

  @Override
  public void applied(StepReport report) {
    filters.add(
        new FilterView(
            report.name(),
            report.parameters(),
            report.before(),
            report.after(),
            named(report.removed()),
            named(report.remaining())));
  }

  @Override
  public void drawn(ScoredToken token) {
    chosen.add(named(token));
  }

  /// What was seen.
  ///
  /// @throws IllegalStateException if nothing was sampled, or more than one token
  public ChoiceView choice() {
    if (chosen.size() != 1) {
      throw new IllegalStateException(
          "explain: expected one sampled token, found "
              + chosen.size()
              + "; use a new recorder for each token");
    }
    return new ChoiceView(position, vocabSize, candidates, filters, chosen.getFirst());
  }

  private List<TokenCandidate> named(List<ScoredToken> tokens) {
    return tokens.stream().map(this::named).toList();
  }

  private TokenCandidate named(ScoredToken token) {
    return new TokenCandidate(
        token.token(), textOf.apply(token.token()), token.logit(), token.probability());
  }
}
