package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// One token's query heads that share a key-value head, and the pages they attend to. A plain
/// carrier, reused by its worker from call to call so that attention allocates nothing.
///
/// Those of position p lie in page p / pageSize, in place p % pageSize: keys of one head as a
/// matrix of [headDim, pageSize] ([KeyPage]), values as one of [pageSize, headDim].
public final class AttentionJob {
  /// An empty job.
  public AttentionJob() {}

  /// Queries: numHeads rows of headDim floats from byte `queryOffset`.
  public MemorySegment query = MemorySegment.NULL;

  public long queryOffset;

  /// Result: numHeads rows of headDim floats from byte `outOffset`.
  public MemorySegment out = MemorySegment.NULL;

  public long outOffset;

  /// If present, receives the attention weights: numHeads rows of `weightsStride` floats, entry p
  /// for position p.
  public @Nullable MemorySegment weights;

  public long weightsOffset;
  public int weightsStride;

  public int numHeads;
  public int headDim;

  /// The pages of the sequence and where in each of them this head's keys and values begin.
  public MemorySegment[] pages = {};

  public int pageSize;
  public long keyOffset;
  public long valueOffset;
  public StorageType type = StorageType.F32;

  /// Positions looked at: from (inclusive) to (exclusive).
  public int from;

  public int to;

  /// Factor on query x key.
  public float scale;

  /// Scores become cap * tanh(score / cap); 0 means no cap.
  public float softCap;

  /// The position of the query's token, from which slopes count distances.
  public int position;

  /// If present, a factor for each of the heads: slope times the distance is taken from scores.
  public @Nullable MemorySegment slopes;

  /// If present, a score for each of the heads that takes part in the softmax and then is dropped.
  public @Nullable MemorySegment sinks;

  /// Byte of the first head's slope and sink.
  public long headOffset;

  /// Adds the slopes of a head to its scores, the first of which is at `at`.
  void addSlopes(int head, float[] scores, int at) {
    if (slopes != null) {
      float slope = slopes.get(JAVA_FLOAT, headOffset + (long) head * Float.BYTES);
      int positions = to - from;
      for (int i = 0; i < positions; i++) {
        scores[at + i] = Math.fma(slope, -Math.abs(from + i - position), scores[at + i]);
      }
    }
  }

  /// Scores of a head that the softmax is over, its sink included; puts the sink after the others,
  /// the first of which is at `at`.
  int withSink(int head, float[] scores, int at) {
    int positions = to - from;
    if (sinks == null) {
      return positions;
    }
    scores[at + positions] = sinks.get(JAVA_FLOAT, headOffset + (long) head * Float.BYTES);
    return positions + 1;
  }
}
