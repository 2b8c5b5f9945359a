package dev.kawi.kernel;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.kernel.BlockLayout.Small;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

// How it works. The Vector API has no int8 dot product. But a sum of 32 products of bytes is below
// 2^24, so f32 arithmetic on whole numbers gives it exactly, in any order: levels are unpacked into
// a panel of floats, sixteen rows side by side, which then meets the tokens four at a time. Only
// the sum over sub-blocks is in the order of the definition.

/// The product of packed weights and rounded activations on the Vector API.
final class VectorBlocks {
  private static final VectorSpecies<Float> F = VectorKernels.F;
  private static final VectorSpecies<Integer> I = F.vectorShape().withLanes(int.class);
  private static final int L = F.length();
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

  private static final int TOKEN_BLOCK = Workspace.Panel.TOKENS;
  private static final int TILE = 4;
  private static final int BLOCK = RoundedRows.BLOCK;

  /// Adding this rounds a small float to the nearest whole number, ties to even, in its low bits.
  private static final float ROUND = Exp.ROUND;

  private final BlockLayout layout;
  private final MemorySegment packed;
  private final RoundedRows x;
  private final Tensor y;
  private final byte[] table;
  private final float[] panel;
  private final float[] scales;
  private final float[] mins;
  private final float[] levels;
  private final float[] sums;

  private VectorBlocks(PackedMatrix w, RoundedRows x, Tensor y, Workspace workspace) {
    this.layout = BlockLayout.of(w.matrix().type());
    this.packed = w.packed();
    this.x = x;
    this.y = y;
    table = layout.table().bytes();
    levels = workspace.panel(Math.min(TOKEN_BLOCK, x.rows()) * x.cols());
    Workspace.Panel room = workspace.blockPanel();
    panel = room.levels;
    scales = room.scales;
    mins = room.mins;
    sums = room.sums;
  }

  static void matmul(
      PackedMatrix w, RoundedRows x, Tensor y, int rowFrom, int rowTo, Workspace workspace) {
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
    int cols = x.cols();
    for (int i = 0; i < tokens; i++) {
      for (int block = 0; block < cols / BLOCK; block++) {
        long at = x.at(t + i, block);
        int to = i * cols + block * BLOCK;
        for (int k = 0; k < BLOCK; k++) {
          levels[to + k] = x.data().get(ValueLayout.JAVA_BYTE, at + k);
        }
      }
    }
  }

  private void group(long at, int t, int tokens) {
    java.util.Arrays.fill(sums, 0, tokens * GROUP_ROWS, 0f);
    int unitBlocks = layout.unitSize() / BLOCK;
    long unit = at;
    for (int block = 0; block < x.cols() / BLOCK; block++) {
      int within = block % unitBlocks;
      for (int g = 0; g < BLOCK / 4; g++) {
        unpack(unit, within * (BLOCK / 4) + g, 4 * g * GROUP_ROWS);
      }
      int perBlock = BLOCK / layout.subSize();
      for (int part = 0; part < perBlock; part++) {
        readScales(unit, within * perBlock + part);
        subBlock(block, part, t, tokens);
      }
      if (within == unitBlocks - 1) {
        unit += layout.unitBytes();
      }
    }
  }

  private void subBlock(int block, int part, int t, int tokens) {
    int from = part * layout.subSize();
    int count = layout.subSize();
    int at = block * BLOCK + from;
    int cols = x.cols();
    for (int lane = 0; lane < GROUP_ROWS; lane += L) {
      int i = 0;
      for (; i + TILE <= tokens; i += TILE) {
        tile4(panel, from, count, lane, levels, i * cols + at, cols, block, t + i, i);
      }
      for (; i < tokens; i++) {
        tile1(panel, from, count, lane, levels, i * cols + at, block, t + i, i);
      }
    }
    if (layout.hasMins()) {
      for (int i = 0; i < tokens; i++) {
        addMins(scaledSum(t + i, block, part), i * GROUP_ROWS);
      }
    }
  }

  private float scaledSum(int t, int block, int part) {
    int field =
        layout.subSize() == BLOCK
            ? RoundedRows.SCALED_SUM
            : RoundedRows.SCALED_SUM_OF_FIRST + 4 * part;
    return x.f32(t, block, field);
  }

  private void addMins(float scaledSum, int at) {
    for (int lane = 0; lane < GROUP_ROWS; lane += L) {
      FloatVector.fromArray(F, mins, lane)
          .fma(FloatVector.broadcast(F, scaledSum), FloatVector.fromArray(F, sums, at + lane))
          .intoArray(sums, at + lane);
    }
  }

  private void tile4(
      float[] w,
      int from,
      int count,
      int lane,
      float[] v,
      int at,
      int stride,
      int block,
      int token,
      int row) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    for (int k = 0; k < count; k++) {
      FloatVector m = FloatVector.fromArray(F, w, (from + k) * GROUP_ROWS + lane);
      a0 = m.fma(FloatVector.broadcast(F, v[at + k]), a0);
      a1 = m.fma(FloatVector.broadcast(F, v[at + stride + k]), a1);
      a2 = m.fma(FloatVector.broadcast(F, v[at + 2 * stride + k]), a2);
      a3 = m.fma(FloatVector.broadcast(F, v[at + 3 * stride + k]), a3);
    }
    FloatVector scale = FloatVector.fromArray(F, scales, lane);
    int to = row * GROUP_ROWS + lane;
    float s0 = x.f32(token, block, RoundedRows.SCALE);
    float s1 = x.f32(token + 1, block, RoundedRows.SCALE);
    float s2 = x.f32(token + 2, block, RoundedRows.SCALE);
    float s3 = x.f32(token + 3, block, RoundedRows.SCALE);
    a0.fma(scale.mul(s0), FloatVector.fromArray(F, sums, to)).intoArray(sums, to);
    to += GROUP_ROWS;
    a1.fma(scale.mul(s1), FloatVector.fromArray(F, sums, to)).intoArray(sums, to);
    to += GROUP_ROWS;
    a2.fma(scale.mul(s2), FloatVector.fromArray(F, sums, to)).intoArray(sums, to);
    to += GROUP_ROWS;
    a3.fma(scale.mul(s3), FloatVector.fromArray(F, sums, to)).intoArray(sums, to);
  }

  /// One token. Four sums, since the whole numbers are exact in any order.
  private void tile1(
      float[] w, int from, int count, int lane, float[] v, int at, int block, int token, int row) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    int p = from * GROUP_ROWS + lane;
    for (int k = 0; k < count; k += 4, p += 4 * GROUP_ROWS) {
      a0 = FloatVector.fromArray(F, w, p).fma(FloatVector.broadcast(F, v[at + k]), a0);
      a1 =
          FloatVector.fromArray(F, w, p + GROUP_ROWS)
              .fma(FloatVector.broadcast(F, v[at + k + 1]), a1);
      a2 =
          FloatVector.fromArray(F, w, p + 2 * GROUP_ROWS)
              .fma(FloatVector.broadcast(F, v[at + k + 2]), a2);
      a3 =
          FloatVector.fromArray(F, w, p + 3 * GROUP_ROWS)
              .fma(FloatVector.broadcast(F, v[at + k + 3]), a3);
    }
    int to = row * GROUP_ROWS + lane;
    FloatVector scale =
        FloatVector.fromArray(F, scales, lane).mul(x.f32(token, block, RoundedRows.SCALE));
    a0.add(a1).add(a2.add(a3)).fma(scale, FloatVector.fromArray(F, sums, to)).intoArray(sums, to);
  }

  private void store(int t, int tokens, int r, int rows) {
    for (int i = 0; i < tokens; i++) {
      long at = 4L * ((long) (t + i) * y.cols() + r);
      MemorySegment.copy(sums, i * GROUP_ROWS, y.data(), JAVA_FLOAT, at, rows);
    }
  }

  // ---- unpacking ----

  /// Levels of group `g` of a unit, four rows of the panel from index `to`.
  private void unpack(long unit, int g, int to) {
    int low = layout.lowShift(g);
    int lowMask = BlockLayout.everyByte(layout.lowBits());
    int highMask = BlockLayout.everyByte(layout.highBits());
    float offset = table.length > 0 ? 0 : layout.offset();
    for (int lane = 0; lane < GROUP_ROWS; lane += L) {
      IntVector word = words(unit + layout.lowOffset(g) + 4L * lane, low, lowMask);
      if (layout.highBits() > 0) {
        IntVector high =
            words(unit + layout.highOffset(g) + 4L * lane, layout.highShift(g), highMask);
        word = word.or(high.lanewise(VectorOperators.LSHL, layout.lowBits()));
      }
      int at = to + lane;
      bytes(word, 0).sub(offset).intoArray(panel, at);
      bytes(word, 8).sub(offset).intoArray(panel, at + GROUP_ROWS);
      bytes(word, 16).sub(offset).intoArray(panel, at + 2 * GROUP_ROWS);
      bytes(word, 24).sub(offset).intoArray(panel, at + 3 * GROUP_ROWS);
    }
    if (table.length > 0) {
      for (int i = to; i < to + 4 * GROUP_ROWS; i++) {
        panel[i] = table[(int) panel[i]];
      }
    }
  }

  private IntVector words(long at, int shift, int mask) {
    return IntVector.fromMemorySegment(I, packed, at, ORDER)
        .lanewise(VectorOperators.LSHR, shift)
        .and(mask);
  }

  private static FloatVector bytes(IntVector word, int shift) {
    return (FloatVector)
        word.lanewise(VectorOperators.LSHR, shift).and(0xFF).convert(VectorOperators.I2F, 0);
  }

  private void readScales(long unit, int sub) {
    for (int r = 0; r < GROUP_ROWS; r++) {
      float d = half(unit, r);
      scales[r] = layout.small() == Small.NONE ? d : d * smallScale(unit, sub, r);
    }
    if (layout.hasMins()) {
      for (int r = 0; r < GROUP_ROWS; r++) {
        float m = half(unit + layout.minOffset(), r);
        mins[r] = layout.small() == Small.NONE ? m : -(m * smallMin(unit, sub, r));
      }
    }
  }

  private int smallScale(long unit, int sub, int r) {
    byte b = packedByte(unit + layout.smallOffset() + (long) GROUP_ROWS * sub + r);
    return switch (layout.small()) {
      case SIGNED, WITH_MIN -> b;
      case NIBBLES -> b & 0xF;
      case NONE -> 1;
    };
  }

  private int smallMin(long unit, int sub, int r) {
    long at = (long) GROUP_ROWS * sub + r;
    return layout.small() == Small.NIBBLES
        ? (packedByte(unit + layout.smallOffset() + at) & 0xFF) >> 4
        : packedByte(unit + layout.smallMinOffset() + at);
  }

  private byte packedByte(long at) {
    return packed.get(ValueLayout.JAVA_BYTE, at);
  }

  private float half(long at, int r) {
    short bits = packed.get(SHORT, at + 2L * r);
    return layout.type() == StorageType.MXFP4
        ? Float.intBitsToFloat(bits << 16)
        : Float.float16ToFloat(bits);
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
      rounded.data().set(ValueLayout.JAVA_BYTE, to + i, (byte) levels[i]);
      rounded.data().set(ValueLayout.JAVA_BYTE, to + i + 16, (byte) levels[i + 16]);
      first += levels[i];
      last += levels[i + 16];
    }
    rounded.describe(to, RoundedRows.scale(largest), first, last);
  }
}
