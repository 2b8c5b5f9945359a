package dev.kawi.kernel;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.kernel.BlockLayout.Small;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

// How it works. The Vector API has no int8 dot product. But a sum of 32 products of bytes is below
// 2^24, so f32 arithmetic on whole numbers gives it exactly, in any order: levels are unpacked into
// a panel of floats, sixteen rows side by side, which then meets the tokens eight at a time. Only
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
  private static final int TILE = 8;
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
  private final float[] whole;

  // What BlockLayout says of each group of a unit.
  private final int[] lowOffsets;
  private final int[] lowShifts;
  private final int[] highOffsets;
  private final int[] highShifts;

  /// The first token of the block.
  private int first;

  /// Scales of the token block, [tokens, blocks].
  private final float[] tokenScales;

  /// A layout as arrays by group.
  private static final class Groups {
    final BlockLayout layout;
    final int[] lowOffsets;
    final int[] lowShifts;
    final int[] highOffsets;
    final int[] highShifts;

    Groups(BlockLayout layout) {
      this.layout = layout;
      int[] groups = IntStream.range(0, layout.unitSize() / 4).toArray();
      lowOffsets = IntStream.of(groups).map(layout::lowOffset).toArray();
      lowShifts = IntStream.of(groups).map(layout::lowShift).toArray();
      boolean high = layout.highBits() > 0;
      highOffsets = high ? IntStream.of(groups).map(layout::highOffset).toArray() : new int[0];
      highShifts = high ? IntStream.of(groups).map(layout::highShift).toArray() : new int[0];
    }
  }

  private static final Map<StorageType, Groups> GROUPS = new EnumMap<>(StorageType.class);

  static {
    for (StorageType type : StorageType.values()) {
      if (BlockLayout.isPacked(type)) {
        GROUPS.put(type, new Groups(BlockLayout.of(type)));
      }
    }
  }

  private VectorBlocks(PackedMatrix w, RoundedRows x, Tensor y, Workspace workspace) {
    this.layout = GROUPS.get(w.matrix().type()).layout;
    this.packed = w.packed();
    this.x = x;
    this.y = y;
    table = layout.table().bytes();
    Groups groups = GROUPS.get(layout.type());
    lowOffsets = groups.lowOffsets;
    lowShifts = groups.lowShifts;
    highOffsets = groups.highOffsets;
    highShifts = groups.highShifts;
    levels = workspace.panel(Math.min(TOKEN_BLOCK, x.rows()) * x.cols());
    Workspace.Panel room = workspace.blockPanel();
    panel = room.levels;
    scales = room.scales;
    mins = room.mins;
    sums = room.sums;
    whole = room.whole;
    tokenScales = workspace.values(Math.min(TOKEN_BLOCK, x.rows()) * (x.cols() / BLOCK));
  }

  static void matmul(
      PackedMatrix w, RoundedRows x, Tensor y, int rowFrom, int rowTo, Workspace workspace) {
    VectorBlocks call = new VectorBlocks(w, x, y, workspace);
    long groupBytes = PackedMatrix.groupBytes(w.matrix());
    for (int t = 0; t < x.rows(); t += TOKEN_BLOCK) {
      int tokens = Math.min(TOKEN_BLOCK, x.rows() - t);
      call.readLevels(t, tokens);
      for (int r = rowFrom; r < rowTo; r += GROUP_ROWS) {
        if (tokens == 1 && call.table.length == 0) {
          call.groupOfOne(r / GROUP_ROWS * groupBytes);
        } else {
          call.group(r / GROUP_ROWS * groupBytes, t, tokens);
        }
        call.store(t, tokens, r, Math.min(GROUP_ROWS, rowTo - r));
      }
    }
  }

  private void readLevels(int t, int tokens) {
    first = t;
    int cols = x.cols();
    for (int i = 0; i < tokens; i++) {
      for (int block = 0; block < cols / BLOCK; block++) {
        long at = x.at(t + i, block);
        int to = i * cols + block * BLOCK;
        tokenScales[i * (cols / BLOCK) + block] = x.f32(t + i, block, RoundedRows.SCALE);
        for (int k = 0; k < BLOCK; k++) {
          levels[to + k] = x.data().get(ValueLayout.JAVA_BYTE, at + k);
        }
      }
    }
  }

  /// One token meets the levels as they are unpacked.
  private void groupOfOne(long at) {
    java.util.Arrays.fill(sums, 0, GROUP_ROWS, 0f);
    int unitBlocks = layout.unitSize() / BLOCK;
    int perBlock = BLOCK / layout.subSize();
    long unit = at;
    for (int block = 0; block < x.cols() / BLOCK; block++) {
      int within = block % unitBlocks;
      for (int part = 0; part < perBlock; part++) {
        int sub = within * perBlock + part;
        readScales(unit, sub);
        int groups = layout.subSize() / 4;
        int k = block * BLOCK + part * layout.subSize();
        float offset = layout.offset() * sumOfLevels(block, part);
        for (int lane = 0; lane < GROUP_ROWS; lane += L) {
          wholeOfOne(unit, sub * groups, groups, lane, levels, k, offset);
          addScaled(lane, 0, 1, tokenScales, block, 0);
        }
        if (layout.hasMins()) {
          addMins(scaledSum(first, block, part), 0);
        }
      }
      if (within == unitBlocks - 1) {
        unit += layout.unitBytes();
      }
    }
  }

  /// The sum of the token's levels in a sub-block.
  private int sumOfLevels(int block, int part) {
    long at = x.at(first, block);
    return layout.subSize() == BLOCK
        ? x.data().get(ValueLayout.JAVA_INT, at + RoundedRows.MINUS_8_SUM) / -8
        : x.data().get(ValueLayout.JAVA_INT, at + RoundedRows.MINUS_4_SUM_OF_FIRST + 4L * part)
            / -4;
  }

  /// The whole numbers of L rows: of the unsigned levels first, which are `offset` too much.
  private void wholeOfOne(
      long unit, int group, int count, int lane, float[] v, int at, float offset) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    int lowMask = BlockLayout.everyByte(layout.lowBits());
    int highMask = BlockLayout.everyByte(layout.highBits());
    int k = at;
    for (int g = group; g < group + count; g++, k += 4) {
      IntVector word = words(unit + lowOffsets[g] + 4L * lane, lowShifts[g], lowMask);
      if (highMask != 0) {
        IntVector high = words(unit + highOffsets[g] + 4L * lane, highShifts[g], highMask);
        word = word.or(high.lanewise(VectorOperators.LSHL, layout.lowBits()));
      }
      a0 = bytes(word, 0).fma(FloatVector.broadcast(F, v[k]), a0);
      a1 = bytes(word, 8).fma(FloatVector.broadcast(F, v[k + 1]), a1);
      a2 = bytes(word, 16).fma(FloatVector.broadcast(F, v[k + 2]), a2);
      a3 = bytes(word, 24).fma(FloatVector.broadcast(F, v[k + 3]), a3);
    }
    a0.add(a1).add(a2.add(a3)).sub(offset).intoArray(whole, 0);
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
    int blocks = cols / BLOCK;
    for (int lane = 0; lane < GROUP_ROWS; lane += L) {
      int i = 0;
      for (; i + TILE <= tokens; i += TILE) {
        tile8(panel, from, count, lane, levels, i * cols + at, cols);
        addScaled(lane, i, TILE, tokenScales, i * blocks + block, blocks);
      }
      for (; i < tokens; i++) {
        tile1(panel, from, count, lane, levels, i * cols + at);
        addScaled(lane, i, 1, tokenScales, i * blocks + block, blocks);
      }
    }
    if (layout.hasMins()) {
      for (int i = 0; i < tokens; i++) {
        addMins(scaledSum(t + i, block, part), i * GROUP_ROWS);
      }
    }
  }

  /// sums = fma(whole, scale of the rows * scale of the token, sums).
  private void addScaled(int lane, int row, int count, float[] scalesOfTokens, int at, int stride) {
    FloatVector scale = FloatVector.fromArray(F, scales, lane);
    for (int i = 0; i < count; i++) {
      int to = (row + i) * GROUP_ROWS + lane;
      FloatVector.fromArray(F, whole, i * L)
          .fma(scale.mul(scalesOfTokens[at + i * stride]), FloatVector.fromArray(F, sums, to))
          .intoArray(sums, to);
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

  /// The whole numbers of eight tokens.
  private void tile8(float[] w, int from, int count, int lane, float[] v, int at, int stride) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector a4 = a0;
    FloatVector a5 = a0;
    FloatVector a6 = a0;
    FloatVector a7 = a0;
    int p = from * GROUP_ROWS + lane;
    for (int k = at; k < at + count; k++, p += GROUP_ROWS) {
      FloatVector m = FloatVector.fromArray(F, w, p);
      a0 = m.fma(FloatVector.broadcast(F, v[k]), a0);
      a1 = m.fma(FloatVector.broadcast(F, v[k + stride]), a1);
      a2 = m.fma(FloatVector.broadcast(F, v[k + 2 * stride]), a2);
      a3 = m.fma(FloatVector.broadcast(F, v[k + 3 * stride]), a3);
      a4 = m.fma(FloatVector.broadcast(F, v[k + 4 * stride]), a4);
      a5 = m.fma(FloatVector.broadcast(F, v[k + 5 * stride]), a5);
      a6 = m.fma(FloatVector.broadcast(F, v[k + 6 * stride]), a6);
      a7 = m.fma(FloatVector.broadcast(F, v[k + 7 * stride]), a7);
    }
    a0.intoArray(whole, 0);
    a1.intoArray(whole, L);
    a2.intoArray(whole, 2 * L);
    a3.intoArray(whole, 3 * L);
    a4.intoArray(whole, 4 * L);
    a5.intoArray(whole, 5 * L);
    a6.intoArray(whole, 6 * L);
    a7.intoArray(whole, 7 * L);
  }

  /// The whole numbers of one token. Four sums, since they are exact in any order.
  private void tile1(float[] w, int from, int count, int lane, float[] v, int at) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    int p = from * GROUP_ROWS + lane;
    for (int k = at; k < at + count; k += 4, p += 4 * GROUP_ROWS) {
      a0 = FloatVector.fromArray(F, w, p).fma(FloatVector.broadcast(F, v[k]), a0);
      a1 = FloatVector.fromArray(F, w, p + GROUP_ROWS).fma(FloatVector.broadcast(F, v[k + 1]), a1);
      a2 =
          FloatVector.fromArray(F, w, p + 2 * GROUP_ROWS)
              .fma(FloatVector.broadcast(F, v[k + 2]), a2);
      a3 =
          FloatVector.fromArray(F, w, p + 3 * GROUP_ROWS)
              .fma(FloatVector.broadcast(F, v[k + 3]), a3);
    }
    a0.add(a1).add(a2.add(a3)).intoArray(whole, 0);
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
    int low = lowShifts[g];
    int lowMask = BlockLayout.everyByte(layout.lowBits());
    int highMask = BlockLayout.everyByte(layout.highBits());
    float offset = table.length > 0 ? 0 : layout.offset();
    for (int lane = 0; lane < GROUP_ROWS; lane += L) {
      IntVector word = words(unit + lowOffsets[g] + 4L * lane, low, lowMask);
      if (layout.highBits() > 0) {
        IntVector high = words(unit + highOffsets[g] + 4L * lane, highShifts[g], highMask);
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
