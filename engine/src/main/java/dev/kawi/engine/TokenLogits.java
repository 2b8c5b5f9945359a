package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.Step;
import dev.kawi.sample.LogProbs;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The most likely next tokens after each token of a sequence, and how it goes on greedily.
///
/// @param positions for each token the most likely next ones with their log-probabilities
/// @param greedy the continuation; an end token does not end it
public record TokenLogits(List<List<LogProbs.Entry>> positions, List<Integer> greedy) {
  private static final int SLICE = 32;

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
    return model.exclusively(bench -> compute(bench, ids, top, greedy));
  }

  private static TokenLogits compute(Engine.Bench bench, int[] ids, int top, int greedy) {
    BlockTable table = bench.table(ids.length + greedy);
    BidirectionalSpan span = bench.decoder().span(ids);
    List<List<LogProbs.Entry>> positions = new ArrayList<>();
    int next = 0;
    int count;
    for (int at = 0; at < ids.length; at += count) {
      count = Math.min(Math.max(SLICE, span.length() - at), ids.length - at);
      int[] outputs = new int[count];
      Arrays.setAll(outputs, i -> i);
      int[] slice = Arrays.copyOfRange(ids, at, at + count);
      Tensor logits =
          bench
              .decoder()
              .forward(Step.of(slice, at, span, table, bench.cache(), outputs), bench.executor());
      for (int i = 0; i < count; i++) {
        float[] row = logits.row(i);
        positions.add(LogProbs.top(row, Math.min(top, row.length)));
        next = LogProbs.top(row, 1).getFirst().token();
      }
    }
    List<Integer> continuation = new ArrayList<>();
    for (int i = 0; i < greedy; i++) {
      continuation.add(next);
      int[] own = {0};
      Step step = Step.of(new int[] {next}, ids.length + i, span, table, bench.cache(), own);
      next =
          LogProbs.top(bench.decoder().forward(step, bench.executor()).row(0), 1)
              .getFirst()
              .token();
    }
    return new TokenLogits(positions, continuation);
  }
}
