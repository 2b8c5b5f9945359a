package dev.kawi.kernel;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

// How it works. The Vector API has no int8 dot product. But a sum of 32 products of bytes is below
// 2^24, so f32 arithmetic on whole numbers gives it exactly, in any order: levels are unpacked into
// a panel of floats, sixteen rows side by side, which then meets the tokens eight at a time. The
// levels of eight tokens lie side by side, too, so that all of a step is read in order. Only the
// sum over sub-blocks is in the order of the definition. One token alone goes another way
// (VectorRow).

/// The product of packed weights and rounded activations on the Vector API.
final class VectorBlocks {
  private static final VectorSpecies<Float> F = PackedVectors.F;
  private static final VectorSpecies<Integer> I = PackedVectors.I;
  private static final int L = PackedVectors.L;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int TOKEN_BLOCK = Workspace.Panel.TOKENS;
  private static final int TILE = 8;
  private static final int BLOCK = RoundedRows.BLOCK;

  /// Adding this rounds a small float to the nearest whole number, ties to even, in its low bits.
  private static final float ROUND = Exp.ROUND;

  private final PackedVectors weights;
  private final MemorySegment packed;
  private final RoundedRows x;
  private final Tensor y;
  private final int cols;
  private final float[] panel;
  private final float[] scales;
  private final float[] mins;
  private final float[] sums;

  /// Levels of the token block: tiles of [cols, 8], the last one filled up with zeros.
  private final float[] levels;

  /// Scales of the token block: tiles of [blocks, 8].
  private final float[] tokenScales;

  private VectorBlocks(PackedMatrix w, RoundedRows x, Tensor y, Workspace workspace) {
    this.weights = PackedVectors.of(w.matrix().type());
    this.packed = w.packed();
    this.x = x;
    this.y = y;
    cols = x.cols();
    int tokens = Math.ceilDiv(Math.min(TOKEN_BLOCK, x.rows()), TILE) * TILE;
    levels = workspace.panel(tokens * cols);
    tokenScales = workspace.values(tokens * (cols / BLOCK));
    Workspace.Panel room = workspace.blockPanel();
    panel = room.levels;
    scales = room.scales;
    mins = room.mins;
    sums = room.sums;
  }

  static void matmul(
      PackedMatrix w, RoundedRows x, Tensor y, int rowFrom, int rowTo, Workspace workspace) {
    if (x.rows() == 1 && VectorRow.supports(w)) {
      VectorRow.matmul(w, x, y, rowFrom, rowTo, workspace);
      return;
    }
    VectorBlocks call = new VectorBlocks(w, x, y, workspace);
    long groupBytes = PackedMatrix.groupBytes(w.matrix());
    for (int t = 0; t < x.rows(); t += TOKEN_BLOCK) {
      int tokens = Math.min(TOKEN_BLOCK, x.rows() - t);
      call.readLevels(t, tokens);
      for (int r = rowFrom; r < rowTo; r += GROUP_ROWS) {
        call.group(r / GROUP_ROWS * groupBytes, t, tokens);
        call.store(t, tokens, r, Math.min(GROUP_ROWS, rowTo - r));
      }
    }
  }

  private void readLevels(int t, int tokens) {
    int blocks = cols / BLOCK;
    int end = Math.ceilDiv(tokens, TILE) * TILE;
    Arrays.fill(levels, tokens / TILE * TILE * cols, end * cols, 0f);
    for (int i = 0; i < tokens; i++) {
      int tile = i / TILE * TILE;
      for (int block = 0; block < blocks; block++) {
        long at = x.at(t + i, block);
        tokenScales[tile * blocks + block * TILE + i % TILE] =
            x.f32(t + i, block, RoundedRows.SCALE);
        int to = (tile * cols) + block * BLOCK * TILE + i % TILE;
        for (int k = 0; k < BLOCK; k++) {
          levels[to + k * TILE] = x.data().get(JAVA_BYTE, at + k);
        }
      }
    }
  }

  private void group(long at, int t, int tokens) {
    Arrays.fill(sums, 0, Math.ceilDiv(tokens, TILE) * TILE * GROUP_ROWS, 0f);
    int unitBlocks = weights.unitSize / BLOCK;
    int perBlock = BLOCK / weights.subSize;
    long unit = at;
    for (int block = 0; block < cols / BLOCK; block++) {
      int within = block % unitBlocks;
      unpack(unit, 2 * within);
      for (int part = 0; part < perBlock; part++) {
        readScales(unit, within * perBlock + part);
        for (int lane = 0; lane < GROUP_ROWS; lane += L) {
          for (int i = 0; i < tokens; i += TILE) {
            tile(block, part * weights.subSize, lane, i);
          }
        }
        if (weights.hasMins) {
          addMins(block * BLOCK + part * weights.subSize, t, tokens);
        }
      }
      if (within == unitBlocks - 1) {
        unit += weights.unitBytes;
      }
    }
  }

  private void readScales(long unit, int sub) {
    PackedVectors w = weights;
    for (int lane = 0; lane < GROUP_ROWS; lane += L) {
      FloatVector scale = w.scales(packed, unit, lane);
      if (w.hasSmall) {
        scale = scale.mul(w.smallScales(packed, unit, sub, lane));
      }
      scale.intoArray(scales, lane);
    }
    if (w.hasMins) {
      for (int lane = 0; lane < GROUP_ROWS; lane += L) {
        FloatVector min = w.minScales(packed, unit, lane);
        if (w.hasSmall) {
          min = min.mul(w.smallMins(packed, unit, sub, lane)).neg();
        }
        min.intoArray(mins, lane);
      }
    }
  }

  /// Adds the products of a sub-block with eight tokens, first as whole numbers.
  private void tile(int block, int from, int lane, int row) {
    float[] w = panel;
    float[] v = levels;
    int p = from * GROUP_ROWS + lane;
    int k = row * cols + (block * BLOCK + from) * TILE;
    int end = k + weights.subSize * TILE;
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector a4 = a0;
    FloatVector a5 = a0;
    FloatVector a6 = a0;
    FloatVector a7 = a0;
    for (; k < end; k += TILE, p += GROUP_ROWS) {
      FloatVector m = FloatVector.fromArray(F, w, p);
      a0 = m.fma(FloatVector.broadcast(F, v[k]), a0);
      a1 = m.fma(FloatVector.broadcast(F, v[k + 1]), a1);
      a2 = m.fma(FloatVector.broadcast(F, v[k + 2]), a2);
      a3 = m.fma(FloatVector.broadcast(F, v[k + 3]), a3);
      a4 = m.fma(FloatVector.broadcast(F, v[k + 4]), a4);
      a5 = m.fma(FloatVector.broadcast(F, v[k + 5]), a5);
      a6 = m.fma(FloatVector.broadcast(F, v[k + 6]), a6);
      a7 = m.fma(FloatVector.broadcast(F, v[k + 7]), a7);
    }
    FloatVector scale = FloatVector.fromArray(F, scales, lane);
    int s = row * (cols / BLOCK) + block * TILE;
    int to = row * GROUP_ROWS + lane;
    addScaled(a0, scale, s, to);
    addScaled(a1, scale, s + 1, to + GROUP_ROWS);
    addScaled(a2, scale, s + 2, to + 2 * GROUP_ROWS);
    addScaled(a3, scale, s + 3, to + 3 * GROUP_ROWS);
    addScaled(a4, scale, s + 4, to + 4 * GROUP_ROWS);
    addScaled(a5, scale, s + 5, to + 5 * GROUP_ROWS);
    addScaled(a6, scale, s + 6, to + 6 * GROUP_ROWS);
    addScaled(a7, scale, s + 7, to + 7 * GROUP_ROWS);
  }

  /// sums = fma(whole, scale of the rows * scale of the token, sums).
  private void addScaled(FloatVector whole, FloatVector scale, int token, int to) {
    whole
        .fma(scale.mul(tokenScales[token]), FloatVector.fromArray(F, sums, to))
        .intoArray(sums, to);
  }

  private void addMins(int k, int t, int tokens) {
    for (int i = 0; i < tokens; i++) {
      float scaledSum = x.scaledSum(t + i, k, weights.subSize);
      for (int lane = 0; lane < GROUP_ROWS; lane += L) {
        int at = i * GROUP_ROWS + lane;
        FloatVector.fromArray(F, mins, lane)
            .fma(FloatVector.broadcast(F, scaledSum), FloatVector.fromArray(F, sums, at))
            .intoArray(sums, at);
      }
    }
  }

  private void store(int t, int tokens, int r, int rows) {
    for (int i = 0; i < tokens; i++) {
      long at = 4L * ((long) (t + i) * y.cols() + r);
      MemorySegment.copy(sums, i * GROUP_ROWS, y.data(), JAVA_FLOAT, at, rows);
    }
  }

  // ---- unpacking ----

  /// Levels of the two chunks from `chunk` of a unit, into the panel.
  private void unpack(long unit, int chunk) {
    for (int g = 0; g < BLOCK / 4; g++) {
      unpackGroup(unit, chunk + g / 4, g % 4, 4 * g * GROUP_ROWS);
    }
    byte[] table = weights.table;
    if (table.length > 0) {
      for (int i = 0; i < panel.length; i++) {
        panel[i] = table[(int) panel[i]];
      }
    }
  }

  private void unpackGroup(long unit, int chunk, int g, int to) {
    PackedVectors w = weights;
    long low = unit + w.lowOffsets[chunk] + (long) g * w.lowSteps[chunk];
    float offset = w.table.length > 0 ? 0 : w.offset;
    for (int lane = 0; lane < GROUP_ROWS; lane += L) {
      IntVector word =
          IntVector.fromMemorySegment(I, packed, low + 4L * lane, ORDER)
              .lanewise(LSHR, w.lowShifts[chunk])
              .and(w.lowMask);
      if (w.highMask != 0) {
        long high = unit + w.highOffsets[chunk] + (long) g * w.highStep + 4L * lane;
        IntVector upper =
            IntVector.fromMemorySegment(I, packed, high, ORDER)
                .lanewise(LSHR, w.highShifts[chunk] + g * w.highShiftStep)
                .and(w.highMask);
        word = word.or(upper.lanewise(LSHL, w.lowBits));
      }
      int at = to + lane;
      bytes(word, 0).sub(offset).intoArray(panel, at);
      bytes(word, 8).sub(offset).intoArray(panel, at + GROUP_ROWS);
      bytes(word, 16).sub(offset).intoArray(panel, at + 2 * GROUP_ROWS);
      bytes(word, 24).sub(offset).intoArray(panel, at + 3 * GROUP_ROWS);
    }
  }

  private static FloatVector bytes(IntVector word, int shift) {
    return (FloatVector) word.lanewise(LSHR, shift).and(0xFF).convert(I2F, 0);
  }

  // ---- rounding ----

  static void round(Tensor x, RoundedRows rounded, int from, int to, Workspace workspace) {
    int[] levels = workspace.blockPanel().rounded;
    int blocks = x.cols() / BLOCK;
    for (int row = from; row < to; row++) {
      for (int block = 0; block < blocks; block++) {
        long at = 4L * ((long) row * x.cols() + (long) block * BLOCK);
        roundBlock(x.data(), at, rounded, rounded.at(row, block), levels);
      }
    }
  }

  private static void roundBlock(
      MemorySegment x, long at, RoundedRows rounded, long to, int[] levels) {
    IntVector magnitudes = IntVector.zero(I);
    for (int i = 0; i < BLOCK; i += L) {
      IntVector bits = IntVector.fromMemorySegment(I, x, at + 4L * i, ORDER);
      magnitudes = magnitudes.max(bits.and(0x7FFF_FFFF));
    }
    float largest = Float.intBitsToFloat(magnitudes.reduceLanes(VectorOperators.MAX));
    float inverse = RoundedRows.inverse(largest);
    for (int i = 0; i < BLOCK; i += L) {
      FloatVector.fromMemorySegment(F, x, at + 4L * i, ORDER)
          .mul(inverse)
          .add(ROUND)
          .reinterpretAsInts()
          .sub(Exp.ROUND_BITS)
          .intoArray(levels, i);
    }
    int first = 0;
    int last = 0;
    for (int i = 0; i < BLOCK / 2; i++) {
      rounded.data().set(JAVA_BYTE, to + i, (byte) levels[i]);
      rounded.data().set(JAVA_BYTE, to + i + 16, (byte) levels[i + 16]);
      first += levels[i];
      last += levels[i + 16];
    }
    rounded.describe(to, RoundedRows.scale(largest), first, last);
  }
}
