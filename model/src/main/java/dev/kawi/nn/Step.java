package dev.kawi.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

// How it works. A row is a token id, or an embedding that came from elsewhere (an image, a sound),
// which takes the place of the id's. A row knows its sequence, and what is said of a sequence (its
// pages, its adapter, what it reads in both directions) holds for all its rows. Most models have
// one position
// for
// each row; those with several axes (M-RoPE) take the others from `axes`.

/// A ragged batch: some tokens of some sequences, computed in one pass. Token i is number
/// `positions[i]` of the sequence whose pages are `tables.get(sequences[i])`; tokens of one
/// sequence come in ascending order. The tables must have room for the tokens.
public final class Step {
  private final KvCache cache;
  private final List<BlockTable> tables;
  private final List<BidirectionalSpan> spans;
  private final List<Adapter> adapters;
  private final int[] tokens;
  private final int[] positions;
  private final int[] sequences;
  private final int[] types;
  private final int[][] axes;
  private final int[] outputs;
  private final int[] embeddedRows;
  private final List<float[]> embeddings;
  private final int[] lengths;
  private final int[] firsts;

  private Step(Builder b) {
    cache = b.cache;
    tables = List.copyOf(b.tables);
    spans = List.copyOf(b.spans);
    adapters = List.copyOf(b.adapters);
    tokens = Arrays.copyOf(b.tokens, b.rows);
    positions = Arrays.copyOf(b.positions, b.rows);
    sequences = Arrays.copyOf(b.sequences, b.rows);
    types = Arrays.copyOf(b.types, b.rows);
    axes = b.axes.isEmpty() ? new int[0][] : axes(b);
    outputs = Arrays.copyOf(b.outputs, b.numOutputs);
    embeddedRows = b.embeddedRows.stream().mapToInt(Integer::intValue).toArray();
    embeddings = List.copyOf(b.embeddings);
    lengths = new int[tables.size()];
    firsts = firsts(sequences, tables.size());
    check();
  }

  private static int[][] axes(Builder b) {
    int count = b.axes.stream().mapToInt(row -> row.length).max().orElse(0);
    int[][] byAxis = new int[count][b.rows];
    for (int axis = 0; axis < count; axis++) {
      for (int row = 0; row < b.rows; row++) {
        int[] ofRow = row < b.axes.size() ? b.axes.get(row) : new int[0];
        byAxis[axis][row] = axis < ofRow.length ? ofRow[axis] : b.positions[row];
      }
    }
    return byAxis;
  }

  /// The first row of each sequence, and the number of rows.
  private static int[] firsts(int[] sequences, int count) {
    int[] firsts = new int[count + 1];
    for (int sequence : sequences) {
      firsts[sequence + 1]++;
    }
    for (int s = 0; s < count; s++) {
      firsts[s + 1] += firsts[s];
    }
    return firsts;
  }

  private void check() {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("Bug: a step needs at least one token");
    }
    for (int i = 0; i < tokens.length; i++) {
      int room = tables.get(sequences[i]).capacity();
      if (positions[i] < 0 || positions[i] >= room) {
        throw new IllegalArgumentException(
            "Bug: position %d has no page; the sequence has room for %d tokens"
                .formatted(positions[i], room));
      }
      lengths[sequences[i]] = Math.max(lengths[sequences[i]], positions[i] + 1);
    }
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

  /// Puts a step together, sequence after sequence.
  public static final class Builder {
    private final KvCache cache;
    private final List<BlockTable> tables = new ArrayList<>();
    private final List<BidirectionalSpan> spans = new ArrayList<>();
    private final List<Adapter> adapters = new ArrayList<>();
    private final List<int[]> axes = new ArrayList<>();
    private final List<Integer> embeddedRows = new ArrayList<>();
    private final List<float[]> embeddings = new ArrayList<>();
    private int[] tokens = new int[16];
    private int[] positions = new int[16];
    private int[] sequences = new int[16];
    private int[] types = new int[16];
    private int[] outputs = new int[16];
    private int rows;
    private int numOutputs;

    private Builder(KvCache cache) {
      this.cache = cache;
    }

    /// The rows that follow belong to a sequence with these pages.
    public Builder sequence(BlockTable table) {
      return sequence(table, BidirectionalSpan.NONE);
    }

    /// The rows that follow belong to a sequence with these pages.
    ///
    /// @param span what the sequence reads in both directions. A step that computes a token of it
    ///   computes all of it
    public Builder sequence(BlockTable table, BidirectionalSpan span) {
      tables.add(table);
      spans.add(span);
      adapters.add(Adapter.NONE);
      return this;
    }

    /// The rows of the last sequence are computed with an adapter.
    public Builder adapter(Adapter adapter) {
      adapters.set(adapters.size() - 1, adapter);
      return this;
    }

    /// A row of a token.
    public Builder token(int id, int position) {
      if (tables.isEmpty()) {
        throw new IllegalArgumentException("Bug: a row of a step needs a sequence");
      }
      if (rows == tokens.length) {
        tokens = Arrays.copyOf(tokens, 2 * rows);
        positions = Arrays.copyOf(positions, 2 * rows);
        sequences = Arrays.copyOf(sequences, 2 * rows);
        types = Arrays.copyOf(types, 2 * rows);
      }
      tokens[rows] = id;
      positions[rows] = position;
      sequences[rows++] = tables.size() - 1;
      return this;
    }

    /// A row of an embedding that takes the place of a token's.
    ///
    /// @param id the token that stands for it
    /// @param values [hiddenSize]
    public Builder embedding(int id, float[] values, int position) {
      embeddedRows.add(rows);
      embeddings.add(values.clone());
      return token(id, position);
    }

    /// The positions of the last row on the axes of a rope with sections (M-RoPE).
    public Builder axes(int... positionsOfAxes) {
      while (axes.size() < rows - 1) {
        axes.add(new int[0]);
      }
      axes.add(positionsOfAxes.clone());
      return this;
    }

    /// The last row belongs to the first (0) or the second (1) text of a pair.
    public Builder type(int type) {
      types[rows - 1] = type;
      return this;
    }

    /// The logits of the last row are wanted.
    public Builder output() {
      if (numOutputs == outputs.length) {
        outputs = Arrays.copyOf(outputs, 2 * numOutputs);
      }
      outputs[numOutputs++] = rows - 1;
      return this;
    }

    /// The step.
    public Step build() {
      return new Step(this);
    }
  }

  /// A builder of steps over this cache.
  public static Builder over(KvCache cache) {
    return new Builder(cache);
  }

  /// Consecutive tokens of one sequence from position `from`, with the logits of the last one.
  public static Step of(int[] tokens, int from, BlockTable table, KvCache cache) {
    return of(tokens, from, table, cache, new int[] {tokens.length - 1});
  }

  /// Consecutive tokens of one sequence from position `from`, with the logits of `outputs`.
  public static Step of(int[] tokens, int from, BlockTable table, KvCache cache, int[] outputs) {
    return of(tokens, from, BidirectionalSpan.NONE, table, cache, outputs);
  }

  /// The same of a sequence that reads a span in both directions.
  public static Step of(
      int[] tokens,
      int from,
      BidirectionalSpan span,
      BlockTable table,
      KvCache cache,
      int[] outputs) {
    Builder builder = over(cache).sequence(table, span);
    for (int i = 0; i < tokens.length; i++) {
      builder.token(tokens[i], from + i);
    }
    builder.outputs = outputs.clone();
    builder.numOutputs = outputs.length;
    return builder.build();
  }

  /// Ids.
  public int[] tokens() {
    return tokens;
  }

  /// Place of each token in its sequence, from 0.
  public int[] positions() {
    return positions;
  }

  /// For each token, whether it belongs to the first (0) or the second (1) text of a pair.
  public int[] types() {
    return types;
  }

  /// The rows whose embeddings came from elsewhere.
  int[] embeddedRows() {
    return embeddedRows;
  }

  /// The embeddings of [#embeddedRows].
  List<float[]> embeddings() {
    return embeddings;
  }

  /// The position of token i by which an axis of a rope rotates it.
  public int position(Rope.Axis axis, int i) {
    int position = positions[i];
    BidirectionalSpan span = span(i);
    boolean inside = position < span.length();
    return switch (axis) {
      case SEQUENCE -> position;
      case CONTEXT -> inside ? position : span.mask();
      case SPAN -> inside ? 0 : position - span.length() + 1;
      case TIME -> onAxis(0, i);
      case HEIGHT -> onAxis(1, i);
      case WIDTH -> onAxis(2, i);
    };
  }

  private int onAxis(int axis, int i) {
    return axis < axes.length ? axes[axis][i] : positions[i];
  }

  /// What token i's sequence reads in both directions.
  BidirectionalSpan span(int i) {
    return spans.get(sequences[i]);
  }

  /// The adapter of each sequence.
  public List<Adapter> adapters() {
    return adapters;
  }

  /// The adapter of token i's sequence.
  public Adapter adapter(int i) {
    return adapters.get(sequences[i]);
  }

  /// Where the pages lie.
  public KvCache cache() {
    return cache;
  }

  /// The tokens whose logits are wanted.
  public int[] outputs() {
    return outputs;
  }

  /// Tokens in the step.
  public int numTokens() {
    return tokens.length;
  }

  /// The number of token i's sequence in this step.
  public int sequence(int i) {
    return sequences[i];
  }

  /// Sequences, some of which may have no token in this step.
  public int numSequences() {
    return tables.size();
  }

  /// The first token of a sequence; its others follow, up to the first of the next sequence.
  public int first(int sequence) {
    return firsts[sequence];
  }

  /// The pages of token i's sequence.
  public BlockTable table(int i) {
    return tables.get(sequences[i]);
  }

  /// One more than the largest position of token i's sequence in this step.
  public int length(int i) {
    return lengths[sequences[i]];
  }

  /// One more than the largest position that a rope may need.
  public int maxLength() {
    int max = 0;
    for (int position : positions) {
      max = Math.max(max, position + 1);
    }
    for (int[] axis : axes) {
      for (int position : axis) {
        max = Math.max(max, position + 1);
      }
    }
    return max;
  }
}
