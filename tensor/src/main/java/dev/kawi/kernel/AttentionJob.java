package dev.kawi.kernel;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// One token's query heads that share a key-value head, and the pages they look at. A plain
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
}
