package dev.kawi.model;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// A model file with every tensor expanded to F32: the model without the rounding of activations
/// that blocks of weights bring.
final class Expanded {
  private Expanded() {}

  /// Writes the expanded file to `to`.
  static Path write(Path from, Path to) throws IOException {
    try (GgufFile file = GgufFile.open(from)) {
      GgufWriter writer = new GgufWriter(file.metadata());
      for (TensorInfo info : file.tensors()) {
        writer.add(info.name(), StorageType.F32, info.shape(), arena -> floats(file, info, arena));
      }
      writer.write(to);
    }
    return to;
  }

  private static MemorySegment floats(GgufFile file, TensorInfo info, Arena arena) {
    int count = Math.toIntExact(info.elements());
    MemorySegment floats = arena.allocate(4L * count, 64);
    Dequantize.row(info.type(), file.data(info), 0, floats, 0, count);
    return floats;
  }
}
