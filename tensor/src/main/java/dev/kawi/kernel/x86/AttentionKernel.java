package dev.kawi.kernel.x86;

import dev.kawi.kernel.AttentionJob;
import dev.kawi.kernel.Native;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

// How it works. Scores are weighted sums of the rows of a transposed key page, with a query as the
// weights: scores[h, p] = sum over d of q[h, d] keys[d, p]. The result is a weighted sum of the
// rows of the value pages, with the softmax as the weights. Heads that share keys are the rows of a
// tile.

/// Attention of one token's heads over F32 or F16 pages, on vectors of 512 bits.
public final class AttentionKernel {
  private static final int BITS = 512;
  private static final int LANES = BITS / 32;
  private static final int MAX_ROWS = WeightedSumCode.maxRows(BITS);
  private static final int MAX_VECTORS = WeightedSumCode.maxVectors(BITS);

  private final RowKernels rows;
  private final AtomicReferenceArray<@Nullable MemorySegment> codes =
      new AtomicReferenceArray<>(2 * (MAX_ROWS + 1) * (MAX_VECTORS + 1));

  /// Attention whose softmax is that of `rows`.
  public AttentionKernel(RowKernels rows) {
    this.rows = rows;
  }

  /// Whether a job can be done here: pages and heads must be whole vectors.
  public static boolean fits(AttentionJob job) {
    return job.type != StorageType.Q8_0
        && (job.slopes == null || job.slopes.isNative())
        && job.headDim % LANES == 0
        && job.pageSize % LANES == 0
        && job.query.isNative()
        && job.out.isNative();
  }

  /// Does the job.
  public void run(AttentionJob job, CodeMemory memory) {
    int firstPage = job.from / job.pageSize;
    int lastPage = (job.to - 1) / job.pageSize;
    int start = firstPage * job.pageSize;
    long stride = 4L * (lastPage + 1 - firstPage) * job.pageSize;
    stride += job.sinks == null ? 0 : BITS / 8; // a sink may be beyond the last page
    MemorySegment scores = memory.scores(stride * job.numHeads);
    long query = job.query.address() + job.queryOffset;
    long headBytes = 4L * job.headDim;
    for (int page = firstPage; page <= lastPage; page++) {
      sums(
          job,
          query,
          headBytes,
          job.headDim,
          job.pages[page].address() + job.keyOffset,
          job.pageSize,
          scores.address() + 4L * (page * (long) job.pageSize - start),
          stride,
          0,
          memory);
    }
    long visible = 4L * (job.from - start);
    softmax(job, scores, visible, stride, memory);
    long out = job.out.address() + job.outOffset;
    for (int page = firstPage; page <= lastPage; page++) {
      int from = Math.max(job.from, page * job.pageSize);
      int to = Math.min(job.to, (page + 1) * job.pageSize);
      long rowBytes = job.type.bytes(job.headDim);
      long slot = from - (long) page * job.pageSize;
      sums(
          job,
          scores.address() + 4L * (from - start),
          stride,
          to - from,
          job.pages[page].address() + job.valueOffset + slot * rowBytes,
          job.headDim,
          out,
          headBytes,
          page - firstPage,
          memory);
    }
    giveWeights(job, scores, visible, stride);
  }

  /// Scores become weights. Sinks are scores as they are, so that the others are scaled before they
  /// are put after them; their own weights are left aside.
  private void softmax(
      AttentionJob job, MemorySegment scores, long at, long stride, CodeMemory memory) {
    long visible = scores.address() + at;
    int count = job.to - job.from;
    if (job.slopes == null && job.sinks == null) {
      rows.softmax(visible, stride, job.numHeads, count, job.scale, job.softCap, memory);
      return;
    }
    rows.scale(visible, stride, job, memory);
    for (int h = 0; job.sinks != null && h < job.numHeads; h++) {
      float sink = job.sinks.get(ValueLayout.JAVA_FLOAT, job.headOffset + 4L * h);
      scores.set(ValueLayout.JAVA_FLOAT, at + h * stride + 4L * count, sink);
    }
    int all = job.sinks == null ? count : count + 1;
    rows.softmax(visible, stride, job.numHeads, all, 1, 0, memory);
  }

  /// y[h] (+)= the sum over k < count of weights[h, k] matrix[k], for all heads and `cols` columns.
  private void sums(
      AttentionJob job,
      long weights,
      long weightsStride,
      int count,
      long matrix,
      int cols,
      long y,
      long yStride,
      int continues,
      CodeMemory memory) {
    long elementBytes = job.type.bytes(1);
    memory.set(WeightedSumCode.WEIGHTS_STRIDE, weightsStride);
    memory.set(WeightedSumCode.MATRIX_STRIDE, cols * elementBytes);
    memory.set(WeightedSumCode.COUNT, count);
    memory.set(WeightedSumCode.Y_STRIDE, yStride);
    memory.set(WeightedSumCode.CONTINUE, continues);
    int tiles = Math.ceilDiv(job.numHeads, MAX_ROWS);
    for (int i = 0; i < tiles; i++) {
      int h = job.numHeads * i / tiles;
      int heads = job.numHeads * (i + 1) / tiles - h;
      for (int col = 0; col < cols; col += MAX_VECTORS * LANES) {
        int vectors = Math.min(MAX_VECTORS, (cols - col) / LANES);
        memory.set(WeightedSumCode.WEIGHTS, weights + h * weightsStride);
        memory.set(WeightedSumCode.MATRIX, matrix + col * elementBytes);
        memory.set(WeightedSumCode.Y, y + h * yStride + 4L * col);
        Native.run(code(job.type, heads, vectors), memory.arguments());
      }
    }
  }

  private MemorySegment code(StorageType type, int heads, int vectors) {
    int index =
        ((type == StorageType.F16 ? 1 : 0) * (MAX_ROWS + 1) + heads) * (MAX_VECTORS + 1) + vectors;
    MemorySegment code = codes.get(index);
    if (code == null) {
      code = Native.install(WeightedSumCode.of(type, heads, vectors, BITS));
      codes.set(index, code);
    }
    return code;
  }

  private static void giveWeights(
      AttentionJob job, MemorySegment scores, long visible, long stride) {
    MemorySegment weights = job.weights;
    if (weights != null) {
      for (int h = 0; h < job.numHeads; h++) {
        long at = job.weightsOffset + 4L * ((long) h * job.weightsStride + job.from);
        MemorySegment.copy(
            scores,
            ValueLayout.JAVA_FLOAT,
            visible + h * stride,
            weights,
            ValueLayout.JAVA_FLOAT,
            at,
            job.to - job.from);
      }
    }
  }
}
