package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Weights and activations in BF16 on the Vector API: as floats, in the order of [Bf16Rows], in
/// which they are multiplied like any others.
final class VectorBf16 {
  private static final VectorSpecies<Float> F = VectorKernels.F;
  private static final VectorSpecies<Integer> I = F.vectorShape().withLanes(int.class);
  private static final int L = F.length();
  private static final int CHUNK = Bf16Rows.CHUNK;
  private static final int HALF = CHUNK / 2;
  private static final int ROWS = 4;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
  private static final VectorShuffle<Float> EVEN = VectorShuffle.makeUnzip(F, 0);
  private static final VectorShuffle<Float> ODD = VectorShuffle.makeUnzip(F, 1);

  private VectorBf16() {}

  /// Rounds the rows from `from` to `to` (exclusive) of x.
  static void round(Tensor x, Bf16Rows rounded, int from, int to) {
    int cols = x.cols();
    int whole = cols / CHUNK * CHUNK;
    for (int row = from; row < to; row++) {
      long source = 4L * row * cols;
      long target = row * Bf16Rows.rowBytes(cols);
      for (int k = 0; k < whole; k += CHUNK) {
        roundChunk(x.data(), source + 4L * k, rounded.data(), target + 4L * k);
      }
      for (int k = whole; k < Bf16Rows.padded(cols); k++) {
        float value = k < cols ? Bf16Rows.rounded(x.get(row, k)) : 0;
        rounded.data().set(JAVA_FLOAT, target + 4L * Bf16Rows.place(k), value);
      }
    }
  }

  private static void roundChunk(MemorySegment x, long source, MemorySegment y, long target) {
    for (int i = 0; i < HALF; i += L) {
      FloatVector a = rounded(FloatVector.fromMemorySegment(F, x, source + 8L * i, ORDER));
      FloatVector b = rounded(FloatVector.fromMemorySegment(F, x, source + 8L * i + 4L * L, ORDER));
      a.rearrange(ODD, b).intoMemorySegment(y, target + 4L * i, ORDER);
      a.rearrange(EVEN, b).intoMemorySegment(y, target + 4L * (HALF + i), ORDER);
    }
  }

  private static FloatVector rounded(FloatVector x) {
    IntVector bits = x.reinterpretAsInts();
    IntVector even = bits.lanewise(VectorOperators.LSHR, 16).and(1);
    IntVector nearest = bits.add(0x7FFF).add(even);
    nearest = nearest.blend(bits.or(0x40_0000), x.test(VectorOperators.IS_NAN).cast(I));
    VectorMask<Float> small = x.abs().lt(Float.MIN_NORMAL);
    return nearest.and(0xFFFF_0000).blend(0, small.cast(I)).reinterpretAsFloats();
  }

  /// Whether a matrix can be multiplied as it is stored, without a panel: in BF16 and whole chunks.
  static boolean fits(Matrix w) {
    return w.type() == StorageType.BF16 && w.cols() % CHUNK == 0;
  }

  /// Multiplies rows from `row` on, four at a time, with one row of activations; the first row that
  /// is left.
  static int multiplyRow(
      Matrix w, MemorySegment x, Tensor y, int row, int rowTo, Workspace workspace) {
    float[] lanes = workspace.values(ROWS * Kernels.LANES);
    int r = row;
    for (; r + ROWS <= rowTo; r += ROWS) {
      for (int pass = 0; pass < Kernels.LANES; pass += L) {
        fourRows(w.data(), r * w.rowBytes(), w.cols(), x, pass, lanes);
      }
      for (int i = 0; i < ROWS; i++) {
        float sum = VectorKernels.fold(lanes, i * Kernels.LANES);
        y.data().set(JAVA_FLOAT, 4L * (r + i), sum);
      }
    }
    return r;
  }

  /// Sums of lanes [pass, pass + L) of four rows from byte `at`, into lanes[row * 16 + pass].
  private static void fourRows(
      MemorySegment w, long at, int cols, MemorySegment x, int pass, float[] lanes) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    long rowBytes = 2L * cols;
    long first = at + 4L * pass;
    for (int k = 0; k < cols; k += CHUNK) {
      long pairs = first + 2L * k;
      IntVector w0 = IntVector.fromMemorySegment(I, w, pairs, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(I, w, pairs + rowBytes, ORDER);
      IntVector w2 = IntVector.fromMemorySegment(I, w, pairs + 2 * rowBytes, ORDER);
      IntVector w3 = IntVector.fromMemorySegment(I, w, pairs + 3 * rowBytes, ORDER);
      FloatVector odd = FloatVector.fromMemorySegment(F, x, 4L * (k + pass), ORDER);
      a0 = w0.and(0xFFFF_0000).reinterpretAsFloats().fma(odd, a0);
      a1 = w1.and(0xFFFF_0000).reinterpretAsFloats().fma(odd, a1);
      a2 = w2.and(0xFFFF_0000).reinterpretAsFloats().fma(odd, a2);
      a3 = w3.and(0xFFFF_0000).reinterpretAsFloats().fma(odd, a3);
      FloatVector even = FloatVector.fromMemorySegment(F, x, 4L * (k + HALF + pass), ORDER);
      a0 = w0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a0);
      a1 = w1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a1);
      a2 = w2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a2);
      a3 = w3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a3);
    }
    a0.intoArray(lanes, pass);
    a1.intoArray(lanes, Kernels.LANES + pass);
    a2.intoArray(lanes, 2 * Kernels.LANES + pass);
    a3.intoArray(lanes, 3 * Kernels.LANES + pass);
  }

  /// A row of weights from byte `at` as floats in the order of the definition, filled up with
  /// zeros, to `to[index]` and after.
  static void unpack(MemorySegment w, long at, int cols, float[] to, int index) {
    int whole = cols / CHUNK * CHUNK;
    for (int k = 0; k < whole; k += CHUNK) {
      for (int i = 0; i < HALF; i += L) {
        IntVector pairs = IntVector.fromMemorySegment(I, w, at + 2L * k + 4L * i, ORDER);
        pairs.and(0xFFFF_0000).reinterpretAsFloats().intoArray(to, index + k + i);
        pairs
            .lanewise(VectorOperators.LSHL, 16)
            .reinterpretAsFloats()
            .intoArray(to, index + k + HALF + i);
      }
    }
    for (int k = whole; k < Bf16Rows.padded(cols); k++) {
      int bits = k < cols ? w.get(SHORT, at + 2L * k) << 16 : 0;
      to[index + Bf16Rows.place(k)] = Float.intBitsToFloat(bits);
    }
  }
}
