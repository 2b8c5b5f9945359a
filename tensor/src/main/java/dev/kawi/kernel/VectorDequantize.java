package dev.kawi.kernel;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;

/// Dequantization on the Vector API for the types that carry most models; the others go the scalar
/// way. Equal to [Dequantize] bit for bit.
final class VectorDequantize {
  private VectorDequantize() {}

  static void row(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count) {
    if (type == StorageType.F32) {
      MemorySegment.copy(from, fromByte, to, toByte, 4L * count);
    } else {
      Dequantize.row(type, from, fromByte, to, toByte, count);
    }
  }
}
