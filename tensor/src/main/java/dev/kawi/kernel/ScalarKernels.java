package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// The plain twin of every kernel: the oracle of the other tiers and the fallback where there is no
/// Vector API. Follows the numeric definition of [Kernels] in the plainest way.
public final class ScalarKernels implements Kernels {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// The scalar tier.
  public ScalarKernels() {}

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public void dequantize(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count) {
    Dequantize.row(type, from, fromByte, to, toByte, count);
  }

  @Override
  public void quantize(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count) {
    Quantize.row(type, from, fromByte, to, toByte, count);
  }

  @Override
  public boolean packs(StorageType type) {
    return false;
  }

  @Override
  public void pack(
      Matrix w, MemorySegment packed, int groupFrom, int groupTo, Workspace workspace) {
    PackedMatrix.pack(w, packed, groupFrom, groupTo);
  }

  @Override
  public void round(Tensor x, Rounded rounded, int from, int to, Workspace workspace) {
    switch (rounded) {
      case RoundedRows rows -> rows.round(x, from, to);
      case Bf16Rows rows -> rows.round(x, from, to);
    }
  }

  @Override
  public void matmul(
      PackedMatrix w,
      Tensor x,
      @Nullable Rounded rounded,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      Workspace workspace) {
    Matrix matrix = w.matrix();
    if (BlockLayout.isPacked(matrix.type())) {
      multiplyBlocks(matrix, RoundedRows.needed(rounded), bias, y, rowFrom, rowTo);
    } else if (matrix.type() == StorageType.BF16) {
      multiplyBf16(matrix, Bf16Rows.needed(rounded), bias, y, rowFrom, rowTo);
    } else {
      multiplyFloats(matrix, x, bias, y, rowFrom, rowTo, workspace);
    }
  }

  private void multiplyFloats(
      Matrix w,
      Tensor x,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      Workspace workspace) {
    int cols = w.cols();
    float[] panel = workspace.panel(cols);
    float[] lanes = new float[LANES];
    for (int r = rowFrom; r < rowTo; r++) {
      dequantize(w.type(), w.data(), r * w.rowBytes(), workspace.panelSegment(), 0, cols);
      for (int t = 0; t < x.rows(); t++) {
        put(y, t, r, dot(panel, 0, x.data(), (long) t * cols, cols, lanes), bias);
      }
    }
  }

  private static void multiplyBf16(
      Matrix w, Bf16Rows x, @Nullable Tensor bias, Tensor y, int rowFrom, int rowTo) {
    int cols = Bf16Rows.padded(w.cols());
    float[] row = new float[cols];
    float[] lanes = new float[LANES];
    for (int r = rowFrom; r < rowTo; r++) {
      for (int k = 0; k < w.cols(); k++) {
        int bits = w.data().get(SHORT, r * w.rowBytes() + 2L * k) << 16;
        row[Bf16Rows.place(k)] = Float.intBitsToFloat(bits);
      }
      for (int t = 0; t < x.rows(); t++) {
        long at = t * Bf16Rows.rowBytes(w.cols()) / Float.BYTES;
        put(y, t, r, dot(row, 0, x.data(), at, cols, lanes), bias);
      }
    }
  }

  private static void multiplyBlocks(
      Matrix w, RoundedRows x, @Nullable Tensor bias, Tensor y, int rowFrom, int rowTo) {
    Blocks blocks = new Blocks(w.type(), w.data());
    float[] sums = new float[x.rows()];
    for (int r = rowFrom; r < rowTo; r++) {
      java.util.Arrays.fill(sums, 0f);
      for (int k = 0; k < w.cols(); k += w.type().blockSize()) {
        blocks.read(r * w.rowBytes() + w.type().bytes(k));
        for (int t = 0; t < sums.length; t++) {
          sums[t] = addBlock(blocks, x, t, k, sums[t]);
        }
      }
      for (int t = 0; t < sums.length; t++) {
        put(y, t, r, sums[t], bias);
      }
    }
  }

  /// Adds the terms of a block of weights, which begins at element k of row t.
  private static float addBlock(Blocks blocks, RoundedRows x, int t, int k, float sum) {
    int size = blocks.subSize();
    for (int sub = 0; sub < blocks.scales.length; sub++) {
      int whole = 0;
      int levels = 0;
      for (int i = sub * size; i < (sub + 1) * size; i++) {
        int level = x.level(t, k + i);
        whole += blocks.levels[i] * level;
        levels += level;
      }
      float scale = x.f32(t, (k + sub * size) / RoundedRows.BLOCK, RoundedRows.SCALE);
      sum = Math.fma(whole, blocks.scales[sub] * scale, sum);
      if (blocks.hasMins()) {
        sum = Math.fma(blocks.mins[sub], scale * levels, sum);
      }
    }
    return sum;
  }

  private static void put(Tensor y, int t, int r, float sum, @Nullable Tensor bias) {
    put(y, (long) t * y.cols() + r, bias == null ? sum : sum + at(bias, r));
  }

  /// Sum of a[k] b[k]; `bIndex` counts floats.
  static float dot(float[] a, int aIndex, MemorySegment b, long bIndex, int count, float[] lanes) {
    java.util.Arrays.fill(lanes, 0f);
    for (int k = 0; k < count; k++) {
      int lane = k % LANES;
      lanes[lane] = Math.fma(a[aIndex + k], b.getAtIndex(JAVA_FLOAT, bIndex + k), lanes[lane]);
    }
    return fold(lanes);
  }

  /// Folds the lanes in halves.
  static float fold(float[] lanes) {
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }

  private static float at(Tensor x, long index) {
    return x.data().getAtIndex(JAVA_FLOAT, index);
  }

  private static void put(Tensor x, long index, float value) {
    x.data().setAtIndex(JAVA_FLOAT, index, value);
  }

  @Override
  public void rmsNorm(
      Tensor x, Tensor weight, float eps, Tensor y, int from, int to, Workspace workspace) {
    int size = weight.cols();
    float[] lanes = new float[LANES];
    for (int group = from; group < to; group++) {
      long at = (long) group * size;
      java.util.Arrays.fill(lanes, 0f);
      for (int k = 0; k < size; k++) {
        float v = at(x, at + k);
        lanes[k % LANES] = Math.fma(v, v, lanes[k % LANES]);
      }
      float factor = inverseRoot(fold(lanes) / size + eps);
      for (int k = 0; k < size; k++) {
        put(y, at + k, at(x, at + k) * factor * at(weight, k));
      }
    }
  }

  /// 1 / sqrt(x), each step rounded to float.
  static float inverseRoot(float x) {
    return 1f / (float) Math.sqrt(x);
  }

  @Override
  public void layerNorm(
      Tensor x, Tensor weight, @Nullable Tensor bias, float eps, Tensor y, int from, int to) {
    int size = weight.cols();
    float[] lanes = new float[LANES];
    for (int row = from; row < to; row++) {
      long at = (long) row * size;
      long factors = (long) (row % weight.rows()) * size;
      java.util.Arrays.fill(lanes, 0f);
      for (int k = 0; k < size; k++) {
        lanes[k % LANES] += at(x, at + k);
      }
      float mean = fold(lanes) / size;
      java.util.Arrays.fill(lanes, 0f);
      for (int k = 0; k < size; k++) {
        float v = at(x, at + k) - mean;
        lanes[k % LANES] = Math.fma(v, v, lanes[k % LANES]);
      }
      float factor = inverseRoot(fold(lanes) / size + eps);
      for (int k = 0; k < size; k++) {
        float v = (at(x, at + k) - mean) * factor * at(weight, factors + k);
        put(y, at + k, bias == null ? v : v + at(bias, k));
      }
    }
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {
    for (int i = from; i < to; i++) {
      put(y, i, at(a, i) + at(b, i));
    }
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {
    for (int i = from; i < to; i++) {
      put(y, i, at(a, i) * at(b, i));
    }
  }

  @Override
  public void scale(float factor, Tensor x, Tensor y, int from, int to) {
    for (int i = from; i < to; i++) {
      put(y, i, factor * at(x, i));
    }
  }

  @Override
  public void addScaledRow(float factor, Tensor x, int xRow, Tensor y, int yRow) {
    int cols = x.cols();
    for (int i = 0; i < cols; i++) {
      long to = (long) yRow * cols + i;
      put(y, to, Math.fma(factor, at(x, (long) xRow * cols + i), at(y, to)));
    }
  }

  @Override
  public void activate(Activation f, Tensor x, Tensor y, int from, int to, Workspace workspace) {
    for (int i = from; i < to; i++) {
      float v = at(x, i);
      put(
          y,
          i,
          switch (f) {
            case SILU -> Exp.silu(v);
            case GELU -> Exp.gelu(v);
            case GELU_EXACT -> Exp.geluExact(v);
            case SIGMOID -> Exp.sigmoid(v);
          });
    }
  }

  @Override
  public void gate(
      Activation f, Tensor x, Tensor other, Tensor y, int from, int to, Workspace workspace) {
    activate(f, x, y, from, to, workspace);
    multiply(y, other, y, from, to, workspace);
  }

  @Override
  public void softCap(float cap, Tensor x, Tensor y, int from, int to) {
    for (int i = from; i < to; i++) {
      put(y, i, cap * Exp.tanh(at(x, i) / cap));
    }
  }

  @Override
  public void multiplyAdd(
      MemorySegment a,
      long aByte,
      MemorySegment b,
      long bByte,
      MemorySegment y,
      long yByte,
      int count) {
    for (long i = 0; i < (long) count * Float.BYTES; i += Float.BYTES) {
      float sum = y.get(JAVA_FLOAT, yByte + i);
      y.set(
          JAVA_FLOAT,
          yByte + i,
          Math.fma(a.get(JAVA_FLOAT, aByte + i), b.get(JAVA_FLOAT, bByte + i), sum));
    }
  }

  @Override
  public void deltaRule(DeltaJob job) {
    deltaColumns(job, 0, job.valueDim);
  }

  /// The gated delta rule on columns [from, to) of the state.
  static void deltaColumns(DeltaJob job, int from, int to) {
    for (int column = from; column < to; column++) {
      long value = (long) column * Float.BYTES;
      for (int row = job.from; row < job.to; row++) {
        float v = job.value.data().get(JAVA_FLOAT, job.valueAt(row) + value);
        job.out.data().set(JAVA_FLOAT, job.valueAt(row) + value, deltaStep(job, row, column, v));
      }
    }
  }

  /// One token's step on one column of the state; the column of the result.
  private static float deltaStep(DeltaJob job, int row, int column, float value) {
    long state = job.column(column);
    long rowBytes = job.rowBytes(column);
    long key = job.keyAt(row);
    float decay = job.ofHead(job.decay, row);
    float predicted = 0;
    for (int i = 0; i < job.keyDim; i++) {
      float m = job.state.get(JAVA_FLOAT, state + i * rowBytes) * decay;
      predicted = Math.fma(m, job.key.data().get(JAVA_FLOAT, key + 4L * i), predicted);
    }
    float delta = (value - predicted) * job.ofHead(job.beta, row);
    float out = 0;
    for (int i = 0; i < job.keyDim; i++) {
      float m = job.state.get(JAVA_FLOAT, state + i * rowBytes) * decay;
      m = Math.fma(job.key.data().get(JAVA_FLOAT, key + 4L * i), delta, m);
      job.state.set(JAVA_FLOAT, state + i * rowBytes, m);
      out = Math.fma(m, job.query.data().get(JAVA_FLOAT, key + 4L * i), out);
    }
    return out;
  }

  private static void softmax(float[] scores, int from, int count) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + count; i++) {
      max = Math.max(max, scores[i]);
    }
    float[] lanes = new float[LANES];
    for (int i = 0; i < count; i++) {
      float e = Exp.exp(scores[from + i] - max);
      scores[from + i] = e;
      lanes[i % LANES] += e;
    }
    float inverse = 1f / fold(lanes);
    for (int i = from; i < from + count; i++) {
      scores[i] *= inverse;
    }
  }

  @Override
  public void attend(AttentionJob job, Workspace workspace) {
    int positions = job.to - job.from;
    int headDim = job.headDim;
    float[] row = workspace.panel(headDim);
    float[] scores = workspace.scores(positions + 1);
    float[] sum = workspace.values(headDim);
    for (int h = 0; h < job.numHeads; h++) {
      long query = job.queryOffset / Float.BYTES + (long) h * headDim;
      for (int p = 0; p < positions; p++) {
        float score = score(job, query, job.from + p) * job.scale;
        scores[p] = job.softCap > 0 ? job.softCap * Exp.tanh(score / job.softCap) : score;
      }
      job.addSlopes(h, scores, 0);
      softmax(scores, 0, job.withSink(h, scores, 0));
      java.util.Arrays.fill(sum, 0, headDim, 0f);
      for (int p = 0; p < positions; p++) {
        value(job, job.from + p, workspace);
        for (int d = 0; d < headDim; d++) {
          sum[d] = Math.fma(scores[p], row[d], sum[d]);
        }
      }
      MemorySegment.copy(
          sum, 0, job.out, JAVA_FLOAT, job.outOffset + (long) h * headDim * Float.BYTES, headDim);
      giveWeights(job, h, scores);
    }
  }

  private static float score(AttentionJob job, long query, int position) {
    MemorySegment page = job.pages[position / job.pageSize];
    int slot = position % job.pageSize;
    float sum = 0;
    for (int d = 0; d < job.headDim; d++) {
      float key = KeyPage.get(job.type, page, job.keyOffset, job.headDim, job.pageSize, d, slot);
      sum = Math.fma(job.query.getAtIndex(JAVA_FLOAT, query + d), key, sum);
    }
    return sum;
  }

  private void value(AttentionJob job, int position, Workspace workspace) {
    long offset = job.valueOffset + position % job.pageSize * job.type.bytes(job.headDim);
    MemorySegment page = job.pages[position / job.pageSize];
    dequantize(job.type, page, offset, workspace.panelSegment(), 0, job.headDim);
  }

  /// Stores the attention weights of a head where the job has memory for them.
  static void giveWeights(AttentionJob job, int head, float[] scores) {
    if (job.weights != null) {
      long at = job.weightsOffset + ((long) head * job.weightsStride + job.from) * Float.BYTES;
      MemorySegment.copy(scores, 0, job.weights, JAVA_FLOAT, at, job.to - job.from);
    }
  }
}
