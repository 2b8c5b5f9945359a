package dev.kawi.kernel;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

// How it works. A lane has four levels of a row in its 32 bits. They are multiplied as shorts,
// those of even and of odd place apart. With levels of up to six bits one short sums the eight
// products of a chunk of sixteen elements: that is within +-32,512 if the levels are centred on
// zero, and starting at minus the centre's share centres them, whatever overflows on the way. With
// levels of eight bits a short sums two products. Either way a chunk's sum is a whole number, and
// only the sum over sub-blocks has an order, that of the definition.
//
// The work on sixteen rows is three loops over arrays rather than one over registers, because C2
// stops inlining in a method of more than some sixty vector operations. For the same reason
// the products are written out in full, twice: a method of their own would not be inlined.

/// The product of packed weights and one row of rounded activations on the Vector API: what
/// generating text consists of.
final class VectorRow {
  private static final VectorSpecies<Float> F = PackedVectors.F;
  private static final VectorSpecies<Integer> I = PackedVectors.I;
  private static final int L = PackedVectors.L;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int BLOCK = RoundedRows.BLOCK;

  /// Elements of a chunk.
  static final int CHUNK = PackedVectors.CHUNK;

  private final PackedVectors weights;
  private final MemorySegment packed;
  private final int cols;
  private final Workspace.Row row;

  private VectorRow(PackedMatrix w, RoundedRows x, Workspace workspace) {
    weights = PackedVectors.of(w.matrix().type());
    packed = w.packed();
    cols = x.cols();
    row = workspace.row(cols);
    readRow(x);
  }

  /// Whether there is a kernel of this kind for these weights.
  static boolean supports(PackedMatrix w) {
    return PackedVectors.of(w.matrix().type()).table.length == 0;
  }

  static void matmul(
      PackedMatrix w, RoundedRows x, Tensor y, int rowFrom, int rowTo, Workspace workspace) {
    VectorRow call = new VectorRow(w, x, workspace);
    long groupBytes = PackedMatrix.groupBytes(w.matrix());
    float[] sums = workspace.lanes();
    for (int r = rowFrom; r < rowTo; r += GROUP_ROWS) {
      long at = r / GROUP_ROWS * groupBytes;
      for (int lane = 0; lane < GROUP_ROWS; lane += L) {
        call.sum(at, lane, sums);
      }
      MemorySegment.copy(sums, 0, y.data(), JAVA_FLOAT, 4L * r, Math.min(GROUP_ROWS, rowTo - r));
    }
  }

  private void readRow(RoundedRows x) {
    int centre = 1 << (weights.bits - 1);
    int chunks = cols / CHUNK;
    for (int c = 0; c < chunks; c++) {
      long at = x.at(0, c / 2) + (long) (c % 2) * CHUNK;
      int low = 0;
      int high = 0;
      for (int g = 4 * c; g < 4 * c + 4; g++, at += 4) {
        int word = x.data().get(JAVA_INT, at);
        int v0 = (byte) word;
        int v1 = (byte) (word >> 8);
        int v2 = (byte) (word >> 16);
        int v3 = word >> 24;
        row.even[g] = pair(v0, v2);
        row.odd[g] = pair(v1, v3);
        low += v0 + v1;
        high += v2 + v3;
      }
      row.starts[c] = shorts(-centre * low, -centre * high);
      row.corrections[c] = (centre - weights.offset) * (low + high);
    }
    for (int sub = 0; sub < cols / weights.subSize; sub++) {
      int k = sub * weights.subSize;
      int block = k / BLOCK;
      row.scales[sub] = x.f32(0, block, RoundedRows.SCALE);
      row.scaledSums[sub] = x.scaledSum(0, k, weights.subSize);
    }
  }

  /// Two shorts in 32 bits.
  private static int shorts(int low, int high) {
    return (low & 0xFFFF) | (high << 16);
  }

  /// Two shorts as a float, which is never calculated with: there is an instruction that loads one
  /// into all lanes.
  private static float pair(int low, int high) {
    return Float.intBitsToFloat(shorts(low, high));
  }

  /// The sums of L rows of the group at byte `group`, into sums[lane]. Levels come first: they are
  /// most of what is read, and memory is fast where it is read in order.
  private void sum(long group, int lane, float[] sums) {
    if (weights.bits == 8) {
      multiplyBytes(group, lane);
    } else if (weights.highMask != 0) {
      multiplySplit(group, lane);
    } else {
      multiplyShorts(group, lane);
    }
    readScales(group, lane);
    if (weights.hasMins) {
      readMins(group, lane);
      sumWithMins(sums, lane);
    } else if (weights.subSize == CHUNK) {
      sumChunks(sums, lane);
    } else {
      sumPairs(sums, lane);
    }
  }

  /// The scale of each sub-block of L rows times that of the token.
  private void readScales(long group, int lane) {
    PackedVectors w = weights;
    float[] scales = row.scales;
    int subs = w.subs;
    int sub = 0;
    long end = group + (long) (cols / w.unitSize) * w.unitBytes;
    for (long unit = group; unit < end; unit += w.unitBytes) {
      FloatVector scale = w.scales(packed, unit, lane);
      if (w.hasSmall) {
        for (int i = 0; i < subs; i++, sub++) {
          w.smallScales(packed, unit, i, lane)
              .mul(scale)
              .mul(scales[sub])
              .intoArray(row.subScales, sub * L);
        }
      } else {
        scale.mul(scales[sub]).intoArray(row.subScales, sub * L);
        sub++;
      }
    }
  }

  /// What is added to each sub-block of L rows times the sum of the token.
  private void readMins(long group, int lane) {
    PackedVectors w = weights;
    int subs = w.subs;
    int sub = 0;
    long end = group + (long) (cols / w.unitSize) * w.unitBytes;
    for (long unit = group; unit < end; unit += w.unitBytes) {
      FloatVector min = w.minScales(packed, unit, lane);
      if (w.hasSmall) {
        for (int i = 0; i < subs; i++, sub++) {
          w.smallMins(packed, unit, i, lane).mul(min).neg().intoArray(row.subMins, sub * L);
        }
      } else {
        min.intoArray(row.subMins, sub * L);
        sub++;
      }
    }
  }

  /// Products of levels that lie in one word, chunk by chunk.
  private void multiplyShorts(long group, int lane) {
    PackedVectors w = weights;
    MemorySegment data = packed;
    float[] even = row.even;
    float[] odd = row.odd;
    int[] starts = row.starts;
    int[] corrections = row.corrections;
    float[] wholes = row.wholes;
    int shift = Integer.numberOfTrailingZeros(w.unitSize / CHUNK);
    int within = w.unitSize / CHUNK - 1;
    int mask = w.lowMask & 0x00FF_00FF;
    int[] lowOffsets = w.lowOffsets;
    int[] lowSteps = w.lowSteps;
    int[] lowShifts = w.lowShifts;
    int chunks = cols / CHUNK;
    for (int c = 0; c < chunks; c++) {
      long unit = group + (long) (c >> shift) * w.unitBytes + 4L * lane;
      int i = c & within;
      long low = unit + lowOffsets[i];
      long lowStep = lowSteps[i];
      int lowShift = lowShifts[i];
      int g = 4 * c;
      IntVector w0 = IntVector.fromMemorySegment(I, data, low, ORDER).lanewise(LSHR, lowShift);
      IntVector w1 =
          IntVector.fromMemorySegment(I, data, low + lowStep, ORDER).lanewise(LSHR, lowShift);
      IntVector w2 =
          IntVector.fromMemorySegment(I, data, low + 2 * lowStep, ORDER).lanewise(LSHR, lowShift);
      IntVector w3 =
          IntVector.fromMemorySegment(I, data, low + 3 * lowStep, ORDER).lanewise(LSHR, lowShift);
      ShortVector a = IntVector.broadcast(I, starts[c]).reinterpretAsShorts();
      ShortVector e;
      ShortVector o;
      e = FloatVector.broadcast(F, even[g]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g]).reinterpretAsShorts();
      a = w0.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w0.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      e = FloatVector.broadcast(F, even[g + 1]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g + 1]).reinterpretAsShorts();
      a = w1.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w1.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      e = FloatVector.broadcast(F, even[g + 2]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g + 2]).reinterpretAsShorts();
      a = w2.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w2.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      e = FloatVector.broadcast(F, even[g + 3]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g + 3]).reinterpretAsShorts();
      a = w3.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w3.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      IntVector pair = a.reinterpretAsInts();
      IntVector whole =
          pair.lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(pair.lanewise(ASHR, 16))
              .add(corrections[c]);
      ((FloatVector) whole.convert(I2F, 0)).intoArray(wholes, c * L);
    }
  }

  /// Products of levels whose upper bits lie in another word.
  private void multiplySplit(long group, int lane) {
    PackedVectors w = weights;
    MemorySegment data = packed;
    float[] even = row.even;
    float[] odd = row.odd;
    int[] starts = row.starts;
    int[] corrections = row.corrections;
    float[] wholes = row.wholes;
    int shift = Integer.numberOfTrailingZeros(w.unitSize / CHUNK);
    int within = w.unitSize / CHUNK - 1;
    int mask = 0x00FF_00FF;
    int[] lowOffsets = w.lowOffsets;
    int[] lowSteps = w.lowSteps;
    int[] lowShifts = w.lowShifts;
    int[] highOffsets = w.highOffsets;
    int[] highShifts = w.highShifts;
    long highStep = w.highStep;
    int highShiftStep = w.highShiftStep;
    int lowMask = w.lowMask;
    int highMask = w.highMask;
    int chunks = cols / CHUNK;
    for (int c = 0; c < chunks; c++) {
      long unit = group + (long) (c >> shift) * w.unitBytes + 4L * lane;
      int i = c & within;
      long low = unit + lowOffsets[i];
      long lowStep = lowSteps[i];
      int lowShift = lowShifts[i];
      long high = unit + highOffsets[i];
      int highShift = highShifts[i];
      int g = 4 * c;
      IntVector w0 =
          IntVector.fromMemorySegment(I, data, low, ORDER).lanewise(LSHR, lowShift).and(lowMask);
      w0 =
          IntVector.fromMemorySegment(I, data, high, ORDER)
              .lanewise(LSHR, highShift)
              .and(highMask)
              .lanewise(LSHL, w.lowBits)
              .or(w0);
      IntVector w1 =
          IntVector.fromMemorySegment(I, data, low + lowStep, ORDER)
              .lanewise(LSHR, lowShift)
              .and(lowMask);
      w1 =
          IntVector.fromMemorySegment(I, data, high + highStep, ORDER)
              .lanewise(LSHR, highShift + highShiftStep)
              .and(highMask)
              .lanewise(LSHL, w.lowBits)
              .or(w1);
      IntVector w2 =
          IntVector.fromMemorySegment(I, data, low + 2 * lowStep, ORDER)
              .lanewise(LSHR, lowShift)
              .and(lowMask);
      w2 =
          IntVector.fromMemorySegment(I, data, high + 2 * highStep, ORDER)
              .lanewise(LSHR, highShift + 2 * highShiftStep)
              .and(highMask)
              .lanewise(LSHL, w.lowBits)
              .or(w2);
      IntVector w3 =
          IntVector.fromMemorySegment(I, data, low + 3 * lowStep, ORDER)
              .lanewise(LSHR, lowShift)
              .and(lowMask);
      w3 =
          IntVector.fromMemorySegment(I, data, high + 3 * highStep, ORDER)
              .lanewise(LSHR, highShift + 3 * highShiftStep)
              .and(highMask)
              .lanewise(LSHL, w.lowBits)
              .or(w3);
      ShortVector a = IntVector.broadcast(I, starts[c]).reinterpretAsShorts();
      ShortVector e;
      ShortVector o;
      e = FloatVector.broadcast(F, even[g]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g]).reinterpretAsShorts();
      a = w0.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w0.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      e = FloatVector.broadcast(F, even[g + 1]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g + 1]).reinterpretAsShorts();
      a = w1.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w1.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      e = FloatVector.broadcast(F, even[g + 2]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g + 2]).reinterpretAsShorts();
      a = w2.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w2.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      e = FloatVector.broadcast(F, even[g + 3]).reinterpretAsShorts();
      o = FloatVector.broadcast(F, odd[g + 3]).reinterpretAsShorts();
      a = w3.and(mask).reinterpretAsShorts().mul(e).add(a);
      a = w3.lanewise(LSHR, 8).and(mask).reinterpretAsShorts().mul(o).add(a);
      IntVector pair = a.reinterpretAsInts();
      IntVector whole =
          pair.lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(pair.lanewise(ASHR, 16))
              .add(corrections[c]);
      ((FloatVector) whole.convert(I2F, 0)).intoArray(wholes, c * L);
    }
  }

  /// Products of levels of eight bits, chunk by chunk.
  private void multiplyBytes(long group, int lane) {
    PackedVectors w = weights;
    MemorySegment data = packed;
    float[] even = row.even;
    float[] odd = row.odd;
    float[] wholes = row.wholes;
    int chunks = cols / CHUNK;
    for (int c = 0; c < chunks; c++) {
      long at = group + (long) (c >> 1) * w.unitBytes + w.wordOffset + (c & 1) * 256L + 4L * lane;
      int g = 4 * c;
      ShortVector s;
      IntVector a = IntVector.zero(I);
      IntVector p;
      s =
          IntVector.fromMemorySegment(I, data, at, ORDER)
              .lanewise(XOR, 0x8080_8080)
              .reinterpretAsShorts();
      p =
          s.lanewise(LSHL, 8)
              .lanewise(ASHR, 8)
              .mul(FloatVector.broadcast(F, even[g]).reinterpretAsShorts())
              .add(s.lanewise(ASHR, 8).mul(FloatVector.broadcast(F, odd[g]).reinterpretAsShorts()))
              .reinterpretAsInts();
      a = p.lanewise(LSHL, 16).lanewise(ASHR, 16).add(p.lanewise(ASHR, 16)).add(a);
      s =
          IntVector.fromMemorySegment(I, data, at + 64, ORDER)
              .lanewise(XOR, 0x8080_8080)
              .reinterpretAsShorts();
      p =
          s.lanewise(LSHL, 8)
              .lanewise(ASHR, 8)
              .mul(FloatVector.broadcast(F, even[g + 1]).reinterpretAsShorts())
              .add(
                  s.lanewise(ASHR, 8)
                      .mul(FloatVector.broadcast(F, odd[g + 1]).reinterpretAsShorts()))
              .reinterpretAsInts();
      a = p.lanewise(LSHL, 16).lanewise(ASHR, 16).add(p.lanewise(ASHR, 16)).add(a);
      s =
          IntVector.fromMemorySegment(I, data, at + 128, ORDER)
              .lanewise(XOR, 0x8080_8080)
              .reinterpretAsShorts();
      p =
          s.lanewise(LSHL, 8)
              .lanewise(ASHR, 8)
              .mul(FloatVector.broadcast(F, even[g + 2]).reinterpretAsShorts())
              .add(
                  s.lanewise(ASHR, 8)
                      .mul(FloatVector.broadcast(F, odd[g + 2]).reinterpretAsShorts()))
              .reinterpretAsInts();
      a = p.lanewise(LSHL, 16).lanewise(ASHR, 16).add(p.lanewise(ASHR, 16)).add(a);
      s =
          IntVector.fromMemorySegment(I, data, at + 192, ORDER)
              .lanewise(XOR, 0x8080_8080)
              .reinterpretAsShorts();
      p =
          s.lanewise(LSHL, 8)
              .lanewise(ASHR, 8)
              .mul(FloatVector.broadcast(F, even[g + 3]).reinterpretAsShorts())
              .add(
                  s.lanewise(ASHR, 8)
                      .mul(FloatVector.broadcast(F, odd[g + 3]).reinterpretAsShorts()))
              .reinterpretAsInts();
      a = p.lanewise(LSHL, 16).lanewise(ASHR, 16).add(p.lanewise(ASHR, 16)).add(a);
      ((FloatVector) a.convert(I2F, 0)).intoArray(wholes, c * L);
    }
  }

  /// The sum over sub-blocks of one chunk.
  private void sumChunks(float[] sums, int lane) {
    float[] wholes = row.wholes;
    float[] scales = row.subScales;
    FloatVector sum = FloatVector.zero(F);
    int end = cols / CHUNK * L;
    for (int i = 0; i < end; i += L) {
      FloatVector whole = FloatVector.fromArray(F, wholes, i);
      sum = whole.fma(FloatVector.fromArray(F, scales, i), sum);
    }
    sum.intoArray(sums, lane);
  }

  /// The sum over sub-blocks of two chunks.
  private void sumPairs(float[] sums, int lane) {
    float[] wholes = row.wholes;
    float[] scales = row.subScales;
    FloatVector sum = FloatVector.zero(F);
    int end = cols / BLOCK * L;
    for (int i = 0; i < end; i += L) {
      FloatVector whole =
          FloatVector.fromArray(F, wholes, 2 * i).add(FloatVector.fromArray(F, wholes, 2 * i + L));
      sum = whole.fma(FloatVector.fromArray(F, scales, i), sum);
    }
    sum.intoArray(sums, lane);
  }

  /// The sum over sub-blocks that have minimums.
  private void sumWithMins(float[] sums, int lane) {
    float[] wholes = row.wholes;
    float[] scales = row.subScales;
    float[] mins = row.subMins;
    float[] scaledSums = row.scaledSums;
    FloatVector sum = FloatVector.zero(F);
    int subs = cols / weights.subSize;
    int chunks = weights.subSize / CHUNK;
    int second = (chunks - 1) * L;
    for (int sub = 0; sub < subs; sub++) {
      int at = chunks * sub * L;
      FloatVector whole = FloatVector.fromArray(F, wholes, at);
      if (second != 0) {
        whole = whole.add(FloatVector.fromArray(F, wholes, at + second));
      }
      sum = whole.fma(FloatVector.fromArray(F, scales, sub * L), sum);
      sum =
          FloatVector.fromArray(F, mins, sub * L)
              .fma(FloatVector.broadcast(F, scaledSums[sub]), sum);
    }
    sum.intoArray(sums, lane);
  }
}
