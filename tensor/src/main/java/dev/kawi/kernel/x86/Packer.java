package dev.kawi.kernel.x86;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;

import dev.kawi.kernel.BlockLayout;
import dev.kawi.kernel.Native;
import dev.kawi.kernel.PackedMatrix;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;

/// Packs matrices of the common types with AVX-512.
public final class Packer {
  private static final MemorySegment CONSTANTS =
      Arena.global().allocateFrom(ValueLayout.JAVA_INT, PackCode.CONSTANT_WORDS);

  private final Map<StorageType, MemorySegment> codes = new EnumMap<>(StorageType.class);

  /// Writes the code.
  public Packer() {
    for (StorageType type : StorageType.values()) {
      if (PackCode.has(type)) {
        codes.put(type, Native.install(PackCode.of(BlockLayout.of(type))));
      }
    }
  }

  /// Whether this matrix can be packed here: indices of a gather have 32 bits.
  public boolean fits(Matrix matrix) {
    return codes.containsKey(matrix.type())
        && matrix.data().isNative()
        && matrix.cols() > 0
        && GROUP_ROWS * matrix.rowBytes() <= Integer.MAX_VALUE;
  }

  /// Packs the groups of rows from `from` to `to`. The lanes of rows that the last group lacks
  /// repeat its first row.
  public void pack(Matrix matrix, MemorySegment packed, int from, int to, CodeMemory memory) {
    long groupBytes = PackedMatrix.groupBytes(matrix);
    MemorySegment indices = memory.tile();
    memory.set(PackCode.UNITS, matrix.cols() / matrix.type().blockSize());
    memory.set(PackCode.INDICES, indices.address());
    memory.set(PackCode.CONSTANTS, CONSTANTS.address());
    for (int group = from; group < to; group++) {
      int rows = Math.min(GROUP_ROWS, matrix.rows() - group * GROUP_ROWS);
      for (int row = 0; row < GROUP_ROWS; row++) {
        int distance = row < rows ? (int) (row * matrix.rowBytes()) : 0;
        indices.setAtIndex(ValueLayout.JAVA_INT, row, distance);
      }
      memory.set(
          PackCode.SOURCE, matrix.data().address() + group * (long) GROUP_ROWS * matrix.rowBytes());
      memory.set(PackCode.TARGET, packed.address() + group * groupBytes);
      Native.run(codes.get(matrix.type()), memory.arguments());
    }
  }
}
