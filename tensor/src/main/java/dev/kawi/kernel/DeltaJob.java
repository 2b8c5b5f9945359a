package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/// One value head of a gated delta rule and the tokens of one sequence. A plain carrier, reused by
/// its worker from call to call so that the recurrence allocates nothing. Source: arXiv 2412.06464.
///
/// The state of a head is a matrix of [keyDim, valueDim], S. It lies in blocks of [#COLUMNS]
/// columns, the last of which may be narrower, each with its rows one after another: a block of 128
/// rows has 16 KiB and stays in the first-level cache for all tokens of a step.
public final class DeltaJob {
  /// Columns of the state that lie side by side.
  public static final int COLUMNS = 32;

  private static final Tensor NONE = new Tensor(MemorySegment.NULL, 0, 0);

  /// An empty job.
  public DeltaJob() {}

  /// Queries and keys: [numTokens, numKeyHeads * keyDim].
  public Tensor query = NONE;

  public Tensor key = NONE;

  /// Values and results: [numTokens, numValueHeads * valueDim].
  public Tensor value = NONE;

  public Tensor out = NONE;

  /// How much of what differs is written, and what is left of the state: [numTokens,
  /// numValueHeads].
  public Tensor beta = NONE;

  public Tensor decay = NONE;

  /// Which heads, and of what size.
  public int keyHead;

  public int valueHead;
  public int keyDim;
  public int valueDim;

  /// The tokens of the sequence, in order: rows of the tensors above from (inclusive) to
  /// (exclusive).
  public int from;

  public int to;

  /// The state of the head, from byte `stateOffset`.
  public MemorySegment state = MemorySegment.NULL;

  public long stateOffset;

  /// Floats of the state of a head.
  public static int stateSize(int keyDim, int valueDim) {
    return Math.multiplyExact(keyDim, valueDim);
  }

  /// Byte of S[0, column].
  long column(int column) {
    int block = column / COLUMNS;
    long before = (long) block * COLUMNS * keyDim + column % COLUMNS;
    return stateOffset + before * Float.BYTES;
  }

  /// Bytes from a row to the next one in the block of this column.
  long rowBytes(int column) {
    int first = column / COLUMNS * COLUMNS;
    return (long) Math.min(COLUMNS, valueDim - first) * Float.BYTES;
  }

  /// Byte of the head's part of row `row` of queries or keys.
  long keyAt(int row) {
    return ((long) row * key.cols() + (long) keyHead * keyDim) * Float.BYTES;
  }

  /// Byte of the head's part of row `row` of values or results.
  long valueAt(int row) {
    return ((long) row * value.cols() + (long) valueHead * valueDim) * Float.BYTES;
  }

  /// The head's entry in row `row` of a tensor of one number a head.
  float ofHead(Tensor tensor, int row) {
    return tensor.data().getAtIndex(JAVA_FLOAT, (long) row * tensor.cols() + valueHead);
  }
}
