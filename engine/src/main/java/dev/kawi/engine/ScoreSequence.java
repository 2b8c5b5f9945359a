package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.sample.LogProbs;
import java.util.ArrayList;
import java.util.List;

/// Looks up log-probabilities of given tokens. Positions whose logits are wanted are computed even
/// if their pages are cached, since pages hold no logits.
final class ScoreSequence extends FutureSequence<Scores> {
  private final ScoreRequest request;
  private final List<Double> logProbabilities = new ArrayList<>();
  private final List<Boolean> greedy = new ArrayList<>();
  private final List<List<LogProbs.Entry>> top = new ArrayList<>();
  private final List<Double> candidates = new ArrayList<>();
  private int next;

  ScoreSequence(ScoreRequest request, int[] tokens, BidirectionalSpan span, byte[] cacheContext) {
    super(request.options(), tokens, span, cacheContext);
    this.request = request;
    this.next = request.from() - 1;
  }

  @Override
  int cacheLimit() {
    return next;
  }

  /// A position is looked at once, also when it is computed again after a preemption.
  @Override
  boolean wantsLogits(int position) {
    return position >= next && (position < known() - 1 || request.looksAtEnd());
  }

  @Override
  void acceptLogits(int position, Row row) {
    next = position + 1;
    if (request.top() > 0) {
      top.add(LogProbs.top(row.logits, request.top(), row.candidates));
    }
    if (position < known() - 1) {
      int token = token(position + 1);
      logProbabilities.add(LogProbs.of(row.logits, token, row.candidates));
      greedy.add(LogProbs.isLargest(row.logits, token));
    } else {
      for (int candidate : request.candidates()) {
        candidates.add(LogProbs.of(row.logits, candidate, row.candidates));
      }
    }
  }

  @Override
  Scores result() {
    return new Scores(logProbabilities, greedy, top, candidates, cachedTokens());
  }
}
