package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

// How it works. The numeric definition has 16 lanes whatever the machine has; a machine with L-lane
// vectors walks a row in 16 / L passes, pass p summing the terms of lanes p * L to p * L + L - 1.
// With 512-bit vectors that is one pass. The matrix product dequantizes PANEL_ROWS rows into a
// panel that stays in the first-level cache, then multiplies it with all tokens of a block, in
// tiles of 4 rows x 2 tokens: eight accumulators, named one by one because C2 keeps locals in
// registers, not arrays. Rows or terms that are left over go the scalar way, in the same order of
// operations.

/// The kernels on the Vector API, in the widest vectors the platform prefers (128, 256 or 512 bit),
/// or in those that the system property `kawi.kernels` asks for; the Vector API runs wider ones
/// than the processor has, too, but very slowly. Equal to [ScalarKernels] bit for bit.
public final class VectorKernels implements Kernels {
  static final VectorSpecies<Float> F = species();
  private static final int L = F.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int PANEL_ROWS = 4;

  /// Bytes of activations that a block of tokens may have, to stay in the second-level cache.
  private static final int BLOCK_BYTES = 256 * 1024;

  private static VectorSpecies<Float> species() {
    int preferred = Math.min(FloatVector.SPECIES_PREFERRED.vectorBitSize(), LANES * Float.SIZE);
    int bits = KernelProvider.forcedVectorBits().orElse(preferred);
    return VectorSpecies.of(float.class, VectorShape.forBitSize(bits));
  }

  /// Bits of its vectors.
  static int bits() {
    return F.vectorBitSize();
  }

  /// Whether the processor, or this JVM, has no vectors that wide.
  static boolean areEmulated() {
    return bits() > FloatVector.SPECIES_MAX.vectorBitSize();
  }

  /// The vector tier.
  public VectorKernels() {}

  @Override
  public String name() {
    return "vector, " + bits() + " bit";
  }

  @Override
  public void dequantize(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count) {
    VectorDequantize.row(type, from, fromByte, to, toByte, count);
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
    return BlockLayout.isPacked(type);
  }

  @Override
  public void pack(
      Matrix w, MemorySegment packed, int groupFrom, int groupTo, Workspace workspace) {
    PackedMatrix.pack(w, packed, groupFrom, groupTo);
  }

  @Override
  public void round(Tensor x, Rounded rounded, int from, int to, Workspace workspace) {
    switch (rounded) {
      case RoundedRows rows -> VectorBlocks.round(x, rows, from, to, workspace);
      case Bf16Rows rows -> VectorBf16.round(x, rows, from, to);
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
    if (BlockLayout.isPacked(w.matrix().type())) {
      VectorBlocks.matmul(w, RoundedRows.needed(rounded), y, rowFrom, rowTo, workspace);
      if (bias != null) {
        addBias(bias, y, rowFrom, rowTo);
      }
    } else if (w.matrix().type() == StorageType.BF16) {
      Bf16Rows rows = Bf16Rows.needed(rounded);
      long stride = Bf16Rows.rowBytes(rows.cols());
      int cols = Bf16Rows.padded(rows.cols());
      multiplyFloats(w.matrix(), rows.data(), stride, cols, bias, y, rowFrom, rowTo, workspace);
    } else {
      int cols = w.matrix().cols();
      multiplyFloats(w.matrix(), x.data(), 4L * cols, cols, bias, y, rowFrom, rowTo, workspace);
    }
  }

  /// Multiplies with activations whose rows are `stride` bytes apart and have `cols` elements.
  private void multiplyFloats(
      Matrix w,
      MemorySegment x,
      long stride,
      int cols,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      Workspace workspace) {
    int block = Math.max(8, BLOCK_BYTES / (cols * Float.BYTES) / 2 * 2);
    workspace.panel(PANEL_ROWS * cols);
    for (int t0 = 0; t0 < y.rows(); t0 += block) {
      int t1 = Math.min(y.rows(), t0 + block);
      int r = rowFrom;
      if (y.rows() == 1 && VectorBf16.fits(w)) {
        r = VectorBf16.multiplyRow(w, x, y, r, rowTo, workspace);
      }
      for (; r + PANEL_ROWS <= rowTo; r += PANEL_ROWS) {
        fill(w, r, PANEL_ROWS, cols, workspace);
        panelTimesTokens(workspace, cols, x, stride, t0, t1, y, r);
      }
      for (; r < rowTo; r++) {
        fill(w, r, 1, cols, workspace);
        for (int t = t0; t < t1; t++) {
          float sum = dot(workspace.panel(cols), 0, x, t * stride, cols, workspace.lanes());
          y.data().set(JAVA_FLOAT, 4L * ((long) t * y.cols() + r), sum);
        }
      }
    }
    if (bias != null) {
      addBias(bias, y, rowFrom, rowTo);
    }
  }

  /// Rows of w as floats, `cols` of them apart.
  private void fill(Matrix w, int row, int count, int cols, Workspace workspace) {
    long rowBytes = w.rowBytes();
    for (int i = 0; i < count; i++) {
      long at = (row + i) * rowBytes;
      if (w.type() == StorageType.BF16) {
        VectorBf16.unpack(w.data(), at, w.cols(), workspace.panel(cols), i * cols);
      } else {
        dequantize(w.type(), w.data(), at, workspace.panelSegment(), 4L * i * cols, cols);
      }
    }
  }

  private static void addBias(Tensor bias, Tensor y, int rowFrom, int rowTo) {
    for (int t = 0; t < y.rows(); t++) {
      long at = 4L * t * y.cols();
      for (int r = rowFrom; r < rowTo; r++) {
        float sum = y.data().get(JAVA_FLOAT, at + 4L * r) + bias.data().get(JAVA_FLOAT, 4L * r);
        y.data().set(JAVA_FLOAT, at + 4L * r, sum);
      }
    }
  }

  private static void panelTimesTokens(
      Workspace workspace,
      int cols,
      MemorySegment x,
      long stride,
      int t0,
      int t1,
      Tensor y,
      int r) {
    float[] panel = workspace.panel(PANEL_ROWS * cols);
    float[] lanes = workspace.values(8 * LANES);
    int t = t0;
    for (; t + 2 <= t1; t += 2) {
      for (int pass = 0; pass < LANES; pass += L) {
        tile4x2(panel, cols, x, t * stride, stride, pass, lanes);
      }
      tail(panel, cols, x, t * stride, stride, lanes, 2);
      store(lanes, y, t, r);
      store4(lanes, 4 * LANES, y, t + 1, r);
    }
    if (t < t1) {
      for (int pass = 0; pass < LANES; pass += L) {
        tile4x1(panel, cols, x, t * stride, pass, lanes);
      }
      tail(panel, cols, x, t * stride, stride, lanes, 1);
      store(lanes, y, t, r);
    }
  }

  private static void store(float[] lanes, Tensor y, int t, int r) {
    store4(lanes, 0, y, t, r);
  }

  private static void store4(float[] lanes, int from, Tensor y, int t, int r) {
    long at = 4L * ((long) t * y.cols() + r);
    for (int i = 0; i < PANEL_ROWS; i++) {
      y.data().set(JAVA_FLOAT, at + 4L * i, fold(lanes, from + i * LANES));
    }
  }

  /// Sums of lanes [pass, pass + L) of 4 rows and 2 tokens, into lanes[(token * 4 + row) * 16 +
  /// pass].
  private static void tile4x2(
      float[] panel, int cols, MemorySegment x, long xByte, long second, int pass, float[] lanes) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    int end = cols / LANES * LANES;
    for (int k = pass; k < end; k += LANES) {
      FloatVector x0 = FloatVector.fromMemorySegment(F, x, xByte + 4L * k, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(F, x, xByte + second + 4L * k, ORDER);
      FloatVector w0 = FloatVector.fromArray(F, panel, k);
      FloatVector w1 = FloatVector.fromArray(F, panel, cols + k);
      FloatVector w2 = FloatVector.fromArray(F, panel, 2 * cols + k);
      FloatVector w3 = FloatVector.fromArray(F, panel, 3 * cols + k);
      a0 = w0.fma(x0, a0);
      a1 = w1.fma(x0, a1);
      a2 = w2.fma(x0, a2);
      a3 = w3.fma(x0, a3);
      b0 = w0.fma(x1, b0);
      b1 = w1.fma(x1, b1);
      b2 = w2.fma(x1, b2);
      b3 = w3.fma(x1, b3);
    }
    a0.intoArray(lanes, pass);
    a1.intoArray(lanes, LANES + pass);
    a2.intoArray(lanes, 2 * LANES + pass);
    a3.intoArray(lanes, 3 * LANES + pass);
    b0.intoArray(lanes, 4 * LANES + pass);
    b1.intoArray(lanes, 5 * LANES + pass);
    b2.intoArray(lanes, 6 * LANES + pass);
    b3.intoArray(lanes, 7 * LANES + pass);
  }

  /// Sums of lanes [pass, pass + L) of 4 rows and 1 token, into lanes[row * 16 + pass].
  private static void tile4x1(
      float[] panel, int cols, MemorySegment x, long xByte, int pass, float[] lanes) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    int end = cols / LANES * LANES;
    for (int k = pass; k < end; k += LANES) {
      FloatVector x0 = FloatVector.fromMemorySegment(F, x, xByte + 4L * k, ORDER);
      a0 = FloatVector.fromArray(F, panel, k).fma(x0, a0);
      a1 = FloatVector.fromArray(F, panel, cols + k).fma(x0, a1);
      a2 = FloatVector.fromArray(F, panel, 2 * cols + k).fma(x0, a2);
      a3 = FloatVector.fromArray(F, panel, 3 * cols + k).fma(x0, a3);
    }
    a0.intoArray(lanes, pass);
    a1.intoArray(lanes, LANES + pass);
    a2.intoArray(lanes, 2 * LANES + pass);
    a3.intoArray(lanes, 3 * LANES + pass);
  }

  /// The terms past the last whole 16 of 4 rows and `tokens` tokens, added to their lanes.
  private static void tail(
      float[] panel,
      int cols,
      MemorySegment x,
      long xByte,
      long stride,
      float[] lanes,
      int tokens) {
    for (int k = cols / LANES * LANES; k < cols; k++) {
      for (int t = 0; t < tokens; t++) {
        float value = x.get(JAVA_FLOAT, xByte + t * stride + 4L * k);
        for (int i = 0; i < PANEL_ROWS; i++) {
          int lane = (t * PANEL_ROWS + i) * LANES + k % LANES;
          lanes[lane] = Math.fma(panel[i * cols + k], value, lanes[lane]);
        }
      }
    }
  }

  /// Folds 16 lanes from index `at` in halves.
  static float fold(float[] lanes, int at) {
    float s0 = (lanes[at] + lanes[at + 8]) + (lanes[at + 4] + lanes[at + 12]);
    float s1 = (lanes[at + 1] + lanes[at + 9]) + (lanes[at + 5] + lanes[at + 13]);
    float s2 = (lanes[at + 2] + lanes[at + 10]) + (lanes[at + 6] + lanes[at + 14]);
    float s3 = (lanes[at + 3] + lanes[at + 11]) + (lanes[at + 7] + lanes[at + 15]);
    return (s0 + s2) + (s1 + s3);
  }

  /// Sum of a[aIndex + k] x b[k], b from byte `bByte`.
  private static float dot(
      float[] a, int aIndex, MemorySegment b, long bByte, int count, float[] lanes) {
    int end = count / LANES * LANES;
    for (int pass = 0; pass < LANES; pass += L) {
      FloatVector sum = FloatVector.zero(F);
      for (int k = pass; k < end; k += LANES) {
        FloatVector v = FloatVector.fromMemorySegment(F, b, bByte + 4L * k, ORDER);
        sum = FloatVector.fromArray(F, a, aIndex + k).fma(v, sum);
      }
      sum.intoArray(lanes, pass);
    }
    for (int k = end; k < count; k++) {
      lanes[k - end] = Math.fma(a[aIndex + k], b.get(JAVA_FLOAT, bByte + 4L * k), lanes[k - end]);
    }
    return fold(lanes, 0);
  }

  @Override
  public void rmsNorm(
      Tensor x, Tensor weight, float eps, Tensor y, int from, int to, Workspace workspace) {
    int size = weight.cols();
    float[] lanes = new float[LANES];
    for (int group = from; group < to; group++) {
      long at = 4L * group * size;
      sumOfSquares(x.data(), at, size, 0f, lanes);
      float factor = ScalarKernels.inverseRoot(fold(lanes, 0) / size + eps);
      normalize(x.data(), y.data(), at, size, 0f, factor, weight.data(), null);
    }
  }

  @Override
  public void layerNorm(
      Tensor x, Tensor weight, @Nullable Tensor bias, float eps, Tensor y, int from, int to) {
    int size = weight.cols();
    float[] lanes = new float[LANES];
    for (int row = from; row < to; row++) {
      long at = 4L * row * size;
      long factors = 4L * (row % weight.rows()) * size;
      sum(x.data(), at, size, lanes);
      float mean = fold(lanes, 0) / size;
      sumOfSquares(x.data(), at, size, mean, lanes);
      float factor = ScalarKernels.inverseRoot(fold(lanes, 0) / size + eps);
      normalize(
          x.data(),
          y.data(),
          at,
          size,
          mean,
          factor,
          weight.data().asSlice(factors),
          bias == null ? null : bias.data());
    }
  }

  private static void sum(MemorySegment x, long at, int size, float[] lanes) {
    int end = size / LANES * LANES;
    for (int pass = 0; pass < LANES; pass += L) {
      FloatVector sum = FloatVector.zero(F);
      for (int k = pass; k < end; k += LANES) {
        sum = sum.add(FloatVector.fromMemorySegment(F, x, at + 4L * k, ORDER));
      }
      sum.intoArray(lanes, pass);
    }
    for (int k = end; k < size; k++) {
      lanes[k - end] += x.get(JAVA_FLOAT, at + 4L * k);
    }
  }

  private static void sumOfSquares(MemorySegment x, long at, int size, float mean, float[] lanes) {
    int end = size / LANES * LANES;
    for (int pass = 0; pass < LANES; pass += L) {
      FloatVector sum = FloatVector.zero(F);
      for (int k = pass; k < end; k += LANES) {
        FloatVector v = FloatVector.fromMemorySegment(F, x, at + 4L * k, ORDER).sub(mean);
        sum = v.fma(v, sum);
      }
      sum.intoArray(lanes, pass);
    }
    for (int k = end; k < size; k++) {
      float v = x.get(JAVA_FLOAT, at + 4L * k) - mean;
      lanes[k - end] = Math.fma(v, v, lanes[k - end]);
    }
  }

  private static void normalize(
      MemorySegment x,
      MemorySegment y,
      long at,
      int size,
      float mean,
      float factor,
      MemorySegment weight,
      @Nullable MemorySegment bias) {
    int k = 0;
    for (; k + L <= size; k += L) {
      FloatVector v = FloatVector.fromMemorySegment(F, x, at + 4L * k, ORDER).sub(mean);
      v = v.mul(factor).mul(FloatVector.fromMemorySegment(F, weight, 4L * k, ORDER));
      if (bias != null) {
        v = v.add(FloatVector.fromMemorySegment(F, bias, 4L * k, ORDER));
      }
      v.intoMemorySegment(y, at + 4L * k, ORDER);
    }
    for (; k < size; k++) {
      float v = (x.get(JAVA_FLOAT, at + 4L * k) - mean) * factor * weight.get(JAVA_FLOAT, 4L * k);
      y.set(JAVA_FLOAT, at + 4L * k, bias == null ? v : v + bias.get(JAVA_FLOAT, 4L * k));
    }
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {
    for (int i = from; i < to; i += L) {
      VectorMask<Float> mask = F.indexInRange(i, to);
      load(a, i, mask).add(load(b, i, mask)).intoMemorySegment(y.data(), 4L * i, ORDER, mask);
    }
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {
    for (int i = from; i < to; i += L) {
      VectorMask<Float> mask = F.indexInRange(i, to);
      load(a, i, mask).mul(load(b, i, mask)).intoMemorySegment(y.data(), 4L * i, ORDER, mask);
    }
  }

  @Override
  public void scale(float factor, Tensor x, Tensor y, int from, int to) {
    for (int i = from; i < to; i += L) {
      VectorMask<Float> mask = F.indexInRange(i, to);
      load(x, i, mask).mul(factor).intoMemorySegment(y.data(), 4L * i, ORDER, mask);
    }
  }

  @Override
  public void addScaledRow(float factor, Tensor x, int xRow, Tensor y, int yRow) {
    int cols = x.cols();
    FloatVector f = FloatVector.broadcast(F, factor);
    for (int i = 0; i < cols; i += L) {
      VectorMask<Float> mask = F.indexInRange(i, cols);
      long to = (long) yRow * cols + i;
      load(x, (long) xRow * cols + i, mask)
          .fma(f, load(y, to, mask))
          .intoMemorySegment(y.data(), 4L * to, ORDER, mask);
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
    for (int i = 0; i < count; i += L) {
      VectorMask<Float> mask = F.indexInRange(i, count);
      FloatVector.fromMemorySegment(F, a, aByte + 4L * i, ORDER, mask)
          .fma(
              FloatVector.fromMemorySegment(F, b, bByte + 4L * i, ORDER, mask),
              FloatVector.fromMemorySegment(F, y, yByte + 4L * i, ORDER, mask))
          .intoMemorySegment(y, yByte + 4L * i, ORDER, mask);
    }
  }

  @Override
  public void deltaRule(DeltaJob job) {
    VectorDelta.run(job);
  }

  private static FloatVector load(Tensor x, long index, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(F, x.data(), 4L * index, ORDER, mask);
  }

  @Override
  public void activate(Activation f, Tensor x, Tensor y, int from, int to, Workspace workspace) {
    for (int i = from; i < to; i += L) {
      VectorMask<Float> mask = F.indexInRange(i, to);
      FloatVector v = load(x, i, mask);
      FloatVector result =
          switch (f) {
            case SILU -> v.div(exp(v.neg()).add(1f));
            case GELU -> gelu(v);
            case GELU_EXACT -> geluExact(v);
            case SIGMOID -> FloatVector.broadcast(F, 1f).div(exp(v.neg()).add(1f));
          };
      result.intoMemorySegment(y.data(), 4L * i, ORDER, mask);
    }
  }

  private static FloatVector gelu(FloatVector x) {
    FloatVector u2 = x.mul(x.mul(Exp.GELU_A).fma(x, FloatVector.broadcast(F, 1f))).mul(Exp.GELU_2C);
    return x.div(exp(u2.neg()).add(1f));
  }

  /// The steps of [Exp#geluExact], lane by lane.
  private static FloatVector geluExact(FloatVector x) {
    FloatVector one = FloatVector.broadcast(F, 1f);
    FloatVector size = x.abs().min(Exp.TAIL_END);
    FloatVector t = one.div(size.fma(FloatVector.broadcast(F, Exp.TAIL_P), one));
    FloatVector p =
        t.fma(FloatVector.broadcast(F, Exp.TAIL_C5), FloatVector.broadcast(F, Exp.TAIL_C4));
    p = p.fma(t, FloatVector.broadcast(F, Exp.TAIL_C3));
    p = p.fma(t, FloatVector.broadcast(F, Exp.TAIL_C2));
    p = p.fma(t, FloatVector.broadcast(F, Exp.TAIL_C1));
    FloatVector tail = p.mul(t).mul(exp(size.mul(size).mul(Exp.MINUS_HALF)));
    return x.max(0f).sub(tail.mul(size));
  }

  private static FloatVector tanh(FloatVector x) {
    FloatVector e = exp(x.mul(2f)).add(1f);
    return FloatVector.broadcast(F, 1f).sub(FloatVector.broadcast(F, 2f).div(e));
  }

  /// The polynomial of [Exp], lane by lane.
  private static FloatVector exp(FloatVector x) {
    FloatVector clamped = x.min(Exp.MAX).max(Exp.MIN);
    FloatVector shifted =
        clamped.fma(FloatVector.broadcast(F, Exp.LOG2_E), FloatVector.broadcast(F, Exp.ROUND));
    FloatVector n = shifted.sub(Exp.ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(F, -Exp.LN2_HIGH), clamped);
    r = n.fma(FloatVector.broadcast(F, -Exp.LN2_LOW), r);
    FloatVector p = r.fma(FloatVector.broadcast(F, Exp.P0), FloatVector.broadcast(F, Exp.P1));
    p = p.fma(r, FloatVector.broadcast(F, Exp.P2));
    p = p.fma(r, FloatVector.broadcast(F, Exp.P3));
    p = p.fma(r, FloatVector.broadcast(F, Exp.P4));
    p = p.fma(r, FloatVector.broadcast(F, Exp.P5));
    p = p.fma(r.mul(r), r).add(1f);
    IntVector exponent = shifted.reinterpretAsInts().sub(Exp.ROUND_BITS);
    IntVector bits = p.reinterpretAsInts().add(exponent.lanewise(VectorOperators.LSHL, 23));
    return bits.reinterpretAsFloats().blend(0f, x.lt(Exp.MIN));
  }

  @Override
  public void gate(
      Activation f, Tensor x, Tensor other, Tensor y, int from, int to, Workspace workspace) {
    activate(f, x, y, from, to, workspace);
    multiply(y, other, y, from, to, workspace);
  }

  @Override
  public void softCap(float cap, Tensor x, Tensor y, int from, int to) {
    for (int i = from; i < to; i += L) {
      VectorMask<Float> mask = F.indexInRange(i, to);
      tanh(load(x, i, mask).div(cap)).mul(cap).intoMemorySegment(y.data(), 4L * i, ORDER, mask);
    }
  }

  private static void softmax(float[] scores, int from, int count, float[] lanes) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + count; i++) {
      max = Math.max(max, scores[i]);
    }
    int end = count / LANES * LANES;
    for (int pass = 0; pass < LANES; pass += L) {
      FloatVector sum = FloatVector.zero(F);
      for (int k = pass; k < end; k += LANES) {
        FloatVector e = exp(FloatVector.fromArray(F, scores, from + k).sub(max));
        e.intoArray(scores, from + k);
        sum = sum.add(e);
      }
      sum.intoArray(lanes, pass);
    }
    for (int k = end; k < count; k++) {
      float e = Exp.exp(scores[from + k] - max);
      scores[from + k] = e;
      lanes[k - end] += e;
    }
    float inverse = 1f / fold(lanes, 0);
    for (int i = from; i < from + count; i++) {
      scores[i] *= inverse;
    }
  }

  @Override
  public void attend(AttentionJob job, Workspace workspace) {
    int positions = job.to - job.from;
    int stride = job.sinks == null ? positions : positions + 1;
    float[] scores = workspace.scores(stride * job.numHeads);
    workspace.panel(job.pageSize * job.headDim);
    for (int p = job.from; p < job.to; ) {
      int count = Math.min(job.to - p, job.pageSize - p % job.pageSize);
      scorePage(job, p, count, stride, scores, workspace);
      p += count;
    }
    for (int h = 0; h < job.numHeads; h++) {
      cap(job.softCap, scores, h * stride, positions);
      job.addSlopes(h, scores, h * stride);
      softmax(scores, h * stride, job.withSink(h, scores, h * stride), workspace.lanes());
    }
    mix(job, scores, stride, workspace);
    if (job.weights != null) {
      giveWeights(job, scores, stride);
    }
  }

  private void page(AttentionJob job, long base, int position, int count, Workspace workspace) {
    long offset = base + position % job.pageSize * job.type.bytes(job.headDim);
    MemorySegment page = job.pages[position / job.pageSize];
    dequantize(job.type, page, offset, workspace.panelSegment(), 0, count * job.headDim);
  }

  private static void scorePage(
      AttentionJob job, int position, int count, int stride, float[] scores, Workspace workspace) {
    float[] keys = workspace.panel(job.pageSize * job.headDim);
    MemorySegment page = job.pages[position / job.pageSize];
    KeyPage.expand(job.type, page, job.keyOffset, job.headDim, job.pageSize, keys);
    int slot = position % job.pageSize;
    for (int h = 0; h < job.numHeads; h++) {
      long query = job.queryOffset + 4L * h * job.headDim;
      int to = h * stride + position - job.from;
      int i = 0;
      for (; i + 2 * L <= count; i += 2 * L) {
        scoreVectors(job, query, keys, slot + i, scores, to + i);
      }
      for (; i < count; i++) {
        scores[to + i] = scoreOne(job, query, keys, slot + i);
      }
    }
  }

  /// Scores of a head at two vectors of positions.
  private static void scoreVectors(
      AttentionJob job, long query, float[] keys, int slot, float[] scores, int to) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = a;
    for (int d = 0; d < job.headDim; d++) {
      FloatVector q = FloatVector.broadcast(F, job.query.get(JAVA_FLOAT, query + 4L * d));
      int at = d * job.pageSize + slot;
      a = q.fma(FloatVector.fromArray(F, keys, at), a);
      b = q.fma(FloatVector.fromArray(F, keys, at + L), b);
    }
    a.mul(job.scale).intoArray(scores, to);
    b.mul(job.scale).intoArray(scores, to + L);
  }

  private static float scoreOne(AttentionJob job, long query, float[] keys, int slot) {
    float sum = 0;
    for (int d = 0; d < job.headDim; d++) {
      sum = Math.fma(job.query.get(JAVA_FLOAT, query + 4L * d), keys[d * job.pageSize + slot], sum);
    }
    return sum * job.scale;
  }

  private static void cap(float cap, float[] scores, int from, int count) {
    if (cap > 0) {
      for (int i = from; i < from + count; i++) {
        scores[i] = cap * Exp.tanh(scores[i] / cap);
      }
    }
  }

  private void mix(AttentionJob job, float[] scores, int stride, Workspace workspace) {
    int headDim = job.headDim;
    float[] sums = workspace.values(job.numHeads * headDim);
    java.util.Arrays.fill(sums, 0, job.numHeads * headDim, 0f);
    for (int p = job.from; p < job.to; ) {
      int count = Math.min(job.to - p, job.pageSize - p % job.pageSize);
      page(job, job.valueOffset, p, count, workspace);
      float[] values = workspace.panel(count * headDim);
      for (int h = 0; h < job.numHeads; h++) {
        mixPage(values, headDim, scores, h * stride + p - job.from, count, sums, h * headDim);
      }
      p += count;
    }
    MemorySegment.copy(sums, 0, job.out, JAVA_FLOAT, job.outOffset, job.numHeads * headDim);
  }

  private static void mixPage(
      float[] values, int headDim, float[] scores, int at, int count, float[] sums, int to) {
    int d = 0;
    for (; d + L <= headDim; d += L) {
      FloatVector sum = FloatVector.fromArray(F, sums, to + d);
      for (int i = 0; i < count; i++) {
        FloatVector weight = FloatVector.broadcast(F, scores[at + i]);
        sum = FloatVector.fromArray(F, values, i * headDim + d).fma(weight, sum);
      }
      sum.intoArray(sums, to + d);
    }
    for (; d < headDim; d++) {
      for (int i = 0; i < count; i++) {
        sums[to + d] = Math.fma(scores[at + i], values[i * headDim + d], sums[to + d]);
      }
    }
  }

  private static void giveWeights(AttentionJob job, float[] scores, int stride) {
    for (int h = 0; h < job.numHeads; h++) {
      long at = job.weightsOffset + ((long) h * job.weightsStride + job.from) * Float.BYTES;
      MemorySegment.copy(scores, h * stride, job.weights, JAVA_FLOAT, at, job.to - job.from);
    }
  }
}
