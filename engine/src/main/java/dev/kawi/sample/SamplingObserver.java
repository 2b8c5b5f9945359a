package dev.kawi.sample;

import java.util.List;

/// Sees how a token is chosen; see [Sampler#sample(float[], SamplingObserver)].
public interface SamplingObserver {

  /// How many tokens each report lists at most.
  default int topCount() {
    return 10;
  }

  /// The most likely tokens before the first step, most likely first.
  ///
  /// @param vocabSize how many candidates there are
  void started(int vocabSize, List<ScoredToken> top);

  /// What a step did. Steps that are off are not reported.
  void applied(StepReport report);

  /// The token that was drawn, with its probability among the last candidates.
  void drawn(ScoredToken token);
}
