package dev.kawi.kernel;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;

import dev.kawi.kernel.BlockLayout.Small;
import dev.kawi.kernel.BlockLayout.Table;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Packed weights of one type, read as vectors of L rows: what [BlockLayout] says, in a form that
/// the compiler turns into plain loads, shifts and masks.
final class PackedVectors {
  static final VectorSpecies<Float> F = VectorKernels.F;
  static final VectorSpecies<Integer> I = F.vectorShape().withLanes(int.class);
  static final int L = F.length();
  private static final VectorSpecies<Short> HALF =
      VectorSpecies.of(short.class, VectorShape.forBitSize(16 * L));

  /// Elements of a chunk: four groups.
  static final int CHUNK = 16;

  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);

  /// Lane i of four holds 8 i: shifted by it, a word of four bytes is a byte in each lane.
  private static final IntVector BYTE_SHIFTS =
      IntVector.fromArray(I, IntStream.range(0, 16).map(i -> 8 * (i % 4)).toArray(), 0);

  private static final Map<StorageType, PackedVectors> OF = new EnumMap<>(StorageType.class);

  static {
    for (StorageType type : StorageType.values()) {
      if (BlockLayout.isPacked(type)) {
        OF.put(type, new PackedVectors(BlockLayout.of(type)));
      }
    }
  }

  final int unitSize;
  final int unitBytes;
  final int subs;
  final int subSize;
  final int wordOffset;
  final boolean hasMins;
  final boolean hasSmall;
  final byte[] table;
  final int bits;
  final int offset;
  private final int minOffset;
  private final boolean bf16Scales;
  private final Small small;
  private final int smallOffset;
  private final int smallMinOffset;
  final int lowMask;
  final int lowBits;
  final int highMask;

  /// By chunk of four groups: where its first words lie, how much further the next ones, and how
  /// far levels are to be shifted.
  final int[] lowOffsets;

  final int[] lowSteps;
  final int[] lowShifts;
  final int[] highOffsets;
  final int[] highShifts;
  final int highStep;
  final int highShiftStep;

  private PackedVectors(BlockLayout layout) {
    unitSize = layout.unitSize();
    unitBytes = layout.unitBytes();
    subs = layout.subs();
    subSize = layout.subSize();
    wordOffset = layout.wordOffset();
    hasMins = layout.hasMins();
    small = layout.small();
    hasSmall = small != Small.NONE;
    table = layout.table().bytes();
    bits = layout.table() == Table.NONE ? layout.lowBits() + layout.highBits() : 8;
    offset = layout.offset();
    minOffset = layout.minOffset();
    bf16Scales = layout.hasBf16Scales();
    smallOffset = layout.smallOffset();
    smallMinOffset = layout.smallMinOffset();
    lowBits = layout.lowBits();
    lowMask = BlockLayout.everyByte(lowBits);
    highMask = BlockLayout.everyByte(layout.highBits());
    int[] firsts = IntStream.range(0, unitSize / CHUNK).map(i -> 4 * i).toArray();
    lowOffsets = IntStream.of(firsts).map(layout::lowOffset).toArray();
    lowSteps =
        IntStream.of(firsts).map(g -> layout.lowOffset(g + 1) - layout.lowOffset(g)).toArray();
    lowShifts = IntStream.of(firsts).map(layout::lowShift).toArray();
    boolean high = layout.highBits() > 0;
    highOffsets = high ? IntStream.of(firsts).map(layout::highOffset).toArray() : new int[0];
    highShifts = high ? IntStream.of(firsts).map(layout::highShift).toArray() : new int[0];
    highStep = high ? layout.highOffset(1) - layout.highOffset(0) : 0;
    highShiftStep = high ? layout.highShift(1) - layout.highShift(0) : 0;
  }

  static PackedVectors of(StorageType type) {
    return OF.get(type);
  }

  /// The scales of rows from `lane` of the unit at byte `unit`.
  FloatVector scales(MemorySegment packed, long unit, int lane) {
    IntVector halves = shorts(packed, unit + 2L * lane);
    return bf16Scales
        ? halves.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
        : floats(halves);
  }

  /// The scales of the minimums.
  FloatVector minScales(MemorySegment packed, long unit, int lane) {
    return floats(shorts(packed, unit + minOffset + 2L * lane));
  }

  /// What the scales are multiplied by in sub-block `sub`.
  FloatVector smallScales(MemorySegment packed, long unit, int sub, int lane) {
    long at = unit + smallOffset + (long) GROUP_ROWS * sub + lane;
    return switch (small) {
      case NONE -> FloatVector.broadcast(F, 1);
      case SIGNED ->
          floatsOfInts(
              bytes(packed, at)
                  .lanewise(VectorOperators.LSHL, 24)
                  .lanewise(VectorOperators.ASHR, 24));
      case WITH_MIN -> floatsOfInts(bytes(packed, at));
      case NIBBLES -> floatsOfInts(bytes(packed, at).and(0xF));
    };
  }

  /// What the scales of the minimums are multiplied by.
  FloatVector smallMins(MemorySegment packed, long unit, int sub, int lane) {
    long at = (long) GROUP_ROWS * sub + lane;
    return small == Small.NIBBLES
        ? floatsOfInts(bytes(packed, unit + smallOffset + at).lanewise(VectorOperators.LSHR, 4))
        : floatsOfInts(bytes(packed, unit + smallMinOffset + at));
  }

  private static IntVector shorts(MemorySegment packed, long at) {
    return (IntVector)
        ShortVector.fromMemorySegment(HALF, packed, at, ORDER)
            .convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
  }

  /// L bytes, as unsigned numbers.
  private static IntVector bytes(MemorySegment packed, long at) {
    if (L == 16) {
      return (IntVector)
          ByteVector.fromMemorySegment(ByteVector.SPECIES_128, packed, at, ORDER)
              .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
    }
    if (L == 8) {
      return (IntVector)
          ByteVector.fromMemorySegment(ByteVector.SPECIES_64, packed, at, ORDER)
              .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
    }
    return IntVector.broadcast(I, packed.get(WORD, at))
        .lanewise(VectorOperators.LSHR, BYTE_SHIFTS)
        .and(0xFF);
  }

  private static FloatVector floatsOfInts(IntVector v) {
    return (FloatVector) v.convert(VectorOperators.I2F, 0);
  }

  /// F16 numbers as floats. Their exponent is moved by a multiplication, which gives subnormal ones
  /// their value, too; those with the largest exponent are infinite or NaN.
  static FloatVector floats(IntVector halves) {
    IntVector shifted = halves.and(0x7FFF).lanewise(VectorOperators.LSHL, 13);
    IntVector magnitude = shifted.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    IntVector special = shifted.or(0x7F80_0000);
    return magnitude
        .blend(special, shifted.compare(VectorOperators.GE, 0x0F80_0000))
        .or(halves.and(0x8000).lanewise(VectorOperators.LSHL, 16))
        .reinterpretAsFloats();
  }
}
