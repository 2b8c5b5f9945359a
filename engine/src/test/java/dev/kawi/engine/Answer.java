package dev.kawi.engine;

import dev.kawi.sample.LogProbs;
import java.util.ArrayList;
import java.util.List;

/// Tokens and log-probabilities of a generation, compared bit for bit.
record Answer(List<Integer> tokens, List<Double> logProbs, List<LogProbs.Entry> top) {
  /// Waits for the end.
  static Answer of(Generation generation) {
    List<Double> logProbs = new ArrayList<>();
    List<LogProbs.Entry> top = new ArrayList<>();
    GenerationResult result =
        generation.await(token -> {
          if (!token.top().isEmpty()) {
            logProbs.add(token.logProbability());
            top.addAll(token.top());
          }
        });
    return new Answer(result.tokens(), logProbs, top);
  }
}
