package dev.kawi.engine;

import dev.kawi.sample.LogProbs;
import dev.kawi.sample.SamplingOptions;
import java.util.List;

/// The most likely next tokens after each token of a sequence, and how it goes on greedily.
///
/// @param positions for each token the most likely next ones with their log-probabilities
/// @param greedy the continuation; an end token does not end it
public record TokenLogits(List<List<LogProbs.Entry>> positions, List<Integer> greedy) {
  /// Computes them.
  ///
  /// @param ids tokens, taken as they are
  /// @param top alternatives at each position
  /// @param greedy tokens to continue
  public static TokenLogits of(Model model, int[] ids, int top, int greedy) {
    int length = ids.length + greedy;
    if (ids.length == 0 || length > model.contextLength()) {
      throw new IllegalArgumentException(
          "logits: %d tokens and %d more do not fit; expected 1 to %d in all"
              .formatted(ids.length, greedy, model.contextLength()));
    }
    for (int id : ids) {
      if (id < 0 || id >= model.decoder().vocabSize()) {
        throw new IllegalArgumentException(
            "logits: there is no token %d; the vocabulary has 0 to %d"
                .formatted(id, model.decoder().vocabSize() - 1));
      }
    }
    Scores scores = model.score(ScoreRequest.of(ids, 1).withTop(Math.max(1, top)));
    List<List<LogProbs.Entry>> positions =
        scores.top().stream()
            .map(entries -> entries.subList(0, Math.min(top, entries.size())))
            .toList();
    return new TokenLogits(positions, greedy == 0 ? List.of() : continuation(model, ids, greedy));
  }

  private static List<Integer> continuation(Model model, int[] ids, int count) {
    GenerationRequest request =
        GenerationRequest.of(ids)
            .with(SamplingOptions.greedy())
            .withMaxTokens(count)
            .withEnd(GenerationRequest.End.IGNORED);
    return model.generate(request).await().tokens();
  }
}
