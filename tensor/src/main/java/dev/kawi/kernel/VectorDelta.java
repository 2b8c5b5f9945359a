package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

// How it works. A lane is a column of the state, so that the sums over k stay in ascending order.
// Four vectors of columns go through all tokens together: their part of the state stays in the
// first-level cache, and four chains of sums hide the latency of the multiply-adds. The state is
// multiplied by the decay twice, when it is read for the prediction and when it is updated, which
// is cheaper than writing it in between and gives the same bits. Columns past the last four vectors
// go the scalar way.

/// The gated delta rule on the Vector API.
final class VectorDelta {
  private static final VectorSpecies<Float> F = VectorKernels.F;
  private static final int L = F.length();
  private static final int WIDTH = 4 * L;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private VectorDelta() {}

  static void run(DeltaJob job) {
    int whole = job.valueDim / DeltaJob.COLUMNS * DeltaJob.COLUMNS;
    int column = 0;
    for (; column + WIDTH <= whole; column += WIDTH) {
      for (int row = job.from; row < job.to; row++) {
        columns(job, row, column);
      }
    }
    ScalarKernels.deltaColumns(job, column, job.valueDim);
  }

  /// One token's step on four vectors of columns.
  private static void columns(DeltaJob job, int row, int column) {
    long valueAt = job.valueAt(row) + 4L * column;
    step(
        job.state,
        job.column(column),
        job.column(column + L),
        job.column(column + 2 * L),
        job.column(column + 3 * L),
        job.keyDim,
        job.key.data(),
        job.query.data(),
        job.keyAt(row),
        job.value.data(),
        job.out.data(),
        valueAt,
        job.ofHead(job.beta, row),
        job.ofHead(job.decay, row));
  }

  private static void step(
      MemorySegment state,
      long s0,
      long s1,
      long s2,
      long s3,
      int keyDim,
      MemorySegment key,
      MemorySegment query,
      long keyAt,
      MemorySegment value,
      MemorySegment out,
      long valueAt,
      float beta,
      float decay) {
    FloatVector d = FloatVector.broadcast(F, decay);
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    for (int i = 0; i < keyDim; i++) {
      FloatVector k = FloatVector.broadcast(F, key.get(JAVA_FLOAT, keyAt + 4L * i));
      long at = 4L * DeltaJob.COLUMNS * i;
      a0 = load(state, s0 + at).mul(d).fma(k, a0);
      a1 = load(state, s1 + at).mul(d).fma(k, a1);
      a2 = load(state, s2 + at).mul(d).fma(k, a2);
      a3 = load(state, s3 + at).mul(d).fma(k, a3);
    }
    a0 = load(value, valueAt).sub(a0).mul(beta);
    a1 = load(value, valueAt + 4L * L).sub(a1).mul(beta);
    a2 = load(value, valueAt + 8L * L).sub(a2).mul(beta);
    a3 = load(value, valueAt + 12L * L).sub(a3).mul(beta);
    FloatVector o0 = FloatVector.zero(F);
    FloatVector o1 = o0;
    FloatVector o2 = o0;
    FloatVector o3 = o0;
    for (int i = 0; i < keyDim; i++) {
      FloatVector k = FloatVector.broadcast(F, key.get(JAVA_FLOAT, keyAt + 4L * i));
      FloatVector q = FloatVector.broadcast(F, query.get(JAVA_FLOAT, keyAt + 4L * i));
      long at = 4L * DeltaJob.COLUMNS * i;
      FloatVector m0 = k.fma(a0, load(state, s0 + at).mul(d));
      FloatVector m1 = k.fma(a1, load(state, s1 + at).mul(d));
      FloatVector m2 = k.fma(a2, load(state, s2 + at).mul(d));
      FloatVector m3 = k.fma(a3, load(state, s3 + at).mul(d));
      m0.intoMemorySegment(state, s0 + at, ORDER);
      m1.intoMemorySegment(state, s1 + at, ORDER);
      m2.intoMemorySegment(state, s2 + at, ORDER);
      m3.intoMemorySegment(state, s3 + at, ORDER);
      o0 = m0.fma(q, o0);
      o1 = m1.fma(q, o1);
      o2 = m2.fma(q, o2);
      o3 = m3.fma(q, o3);
    }
    o0.intoMemorySegment(out, valueAt, ORDER);
    o1.intoMemorySegment(out, valueAt + 4L * L, ORDER);
    o2.intoMemorySegment(out, valueAt + 8L * L, ORDER);
    o3.intoMemorySegment(out, valueAt + 12L * L, ORDER);
  }

  private static FloatVector load(MemorySegment from, long at) {
    return FloatVector.fromMemorySegment(F, from, at, ORDER);
  }
}
