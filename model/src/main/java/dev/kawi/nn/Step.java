package dev.kawi.nn;

import java.util.List;

/// A ragged batch: some tokens of some sequences, computed in one pass. Token i is number
/// `positions[i]` of the sequence whose pages are `tables.get(sequences[i])`; tokens of one
/// sequence come in ascending order. The tables must have room for the tokens.
public final class Step {
  private final int[] tokens;
  private final int[] positions;
  private final int[] sequences;
  private final List<BlockTable> tables;
  private final KvCache cache;
  private final int[] outputs;
  private final int[] lengths;
  private final List<BidirectionalSpan> spans;

  /// A step of these tokens of sequences without spans. The arrays are not copied.
  ///
  /// @param tokens ids
  /// @param positions place of each token in its sequence, from 0
  /// @param sequences index into `tables` of each token
  /// @param tables pages of each sequence
  /// @param cache where the pages lie
  /// @param outputs the tokens (indices into this step) whose logits are wanted
  public Step(
      int[] tokens,
      int[] positions,
      int[] sequences,
      List<BlockTable> tables,
      KvCache cache,
      int[] outputs) {
    this(tokens, positions, sequences, tables, cache, outputs, List.of());
  }

  /// A step of these tokens. The arrays are not copied.
  ///
  /// @param tokens ids
  /// @param positions place of each token in its sequence, from 0
  /// @param sequences index into `tables` of each token
  /// @param tables pages of each sequence
  /// @param cache where the pages lie
  /// @param outputs the tokens (indices into this step) whose logits are wanted
  /// @param spans what each sequence reads in both directions; empty if none does. A step that
  ///   computes a token of a span computes all of it
  public Step(
      int[] tokens,
      int[] positions,
      int[] sequences,
      List<BlockTable> tables,
      KvCache cache,
      int[] outputs,
      List<BidirectionalSpan> spans) {
    int n = tokens.length;
    if (n == 0 || positions.length != n || sequences.length != n) {
      throw new IllegalArgumentException(
          "Bug: a step of %d tokens has %d positions and %d sequence numbers"
              .formatted(n, positions.length, sequences.length));
    }
    lengths = new int[tables.size()];
    for (int i = 0; i < n; i++) {
      int room = tables.get(sequences[i]).capacity();
      if (positions[i] < 0 || positions[i] >= room) {
        throw new IllegalArgumentException(
            "Bug: position %d has no page; the sequence has room for %d tokens"
                .formatted(positions[i], room));
      }
      lengths[sequences[i]] = Math.max(lengths[sequences[i]], positions[i] + 1);
    }
    this.tokens = tokens;
    this.positions = positions;
    this.sequences = sequences;
    this.tables = tables;
    this.cache = cache;
    this.outputs = outputs;
    this.spans = spans;
    for (int s = 0; s < spans.size(); s++) {
      requireWhole(s, spans.get(s));
    }
  }

  private void requireWhole(int sequence, BidirectionalSpan span) {
    int count = 0;
    for (int i = 0; span.length() > 0 && i < positions.length; i++) {
      count += sequences[i] == sequence && positions[i] < span.length() ? 1 : 0;
    }
    if (count != 0 && count != span.length()) {
      throw new IllegalArgumentException(
          "Bug: a step computes %d tokens of a span of %d".formatted(count, span.length()));
    }
  }

  /// Ids.
  public int[] tokens() {
    return tokens;
  }

  /// Place of each token in its sequence, from 0.
  public int[] positions() {
    return positions;
  }

  /// The place of token i by which an axis of a rope turns it.
  int position(Rope.Axis axis, int i) {
    int position = positions[i];
    if (axis == Rope.Axis.SEQUENCE) {
      return position;
    }
    BidirectionalSpan span = span(i);
    boolean inside = position < span.length();
    return switch (axis) {
      case SEQUENCE -> position;
      case CONTEXT -> inside ? position : span.mask();
      case SPAN -> inside ? 0 : position - span.length() + 1;
    };
  }

  /// What token i's sequence reads in both directions.
  BidirectionalSpan span(int i) {
    return spans.isEmpty() ? BidirectionalSpan.NONE : spans.get(sequences[i]);
  }

  /// Where the pages lie.
  public KvCache cache() {
    return cache;
  }

  /// The tokens whose logits are wanted.
  public int[] outputs() {
    return outputs;
  }

  /// Consecutive tokens of one sequence from position `from`, with the logits of the last one.
  public static Step of(int[] tokens, int from, BlockTable table, KvCache cache) {
    return of(tokens, from, table, cache, new int[] {tokens.length - 1});
  }

  /// Consecutive tokens of one sequence from position `from`, with the logits of `outputs`.
  public static Step of(int[] tokens, int from, BlockTable table, KvCache cache, int[] outputs) {
    return of(tokens, from, BidirectionalSpan.NONE, table, cache, outputs);
  }

  /// The same of a sequence with a span.
  public static Step of(
      int[] tokens,
      int from,
      BidirectionalSpan span,
      BlockTable table,
      KvCache cache,
      int[] outputs) {
    int[] positions = new int[tokens.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = from + i;
    }
    int[] sequences = new int[tokens.length];
    return new Step(tokens, positions, sequences, List.of(table), cache, outputs, List.of(span));
  }

  /// Tokens in the step.
  public int numTokens() {
    return tokens.length;
  }

  /// The pages of token i's sequence.
  public BlockTable table(int i) {
    return tables.get(sequences[i]);
  }

  /// One more than the largest position of token i's sequence in this step.
  public int length(int i) {
    return lengths[sequences[i]];
  }

  /// One more than the largest position.
  public int maxLength() {
    int max = 0;
    for (int position : positions) {
      max = Math.max(max, position + 1);
    }
    return max;
  }
}
