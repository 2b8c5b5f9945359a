package dev.kawi.weights;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A tensor of a GGML file.
///
/// @param name as Meta named it, such as `layers.0.attention.wq.weight`
/// @param shape `[rows, cols]`, or `[cols]` for a norm
/// @param data the stored blocks, borrowed
record GgmlTensor(
    GgmlFormat format, String name, StorageType type, List<Long> shape, MemorySegment data) {
  private static final int MAX_NAME = 256;
  private static final int MAX_SIZE = 1 << 24;

  static GgmlTensor read(GgmlReader reader, GgmlFormat format) {
    int dimensions = reader.size("a number of dimensions", 1, 2);
    int nameLength = reader.size("the length of a tensor's name", 1, MAX_NAME);
    int typeId = reader.i32("a tensor's type");
    long cols = reader.size("the columns of a tensor", 1, MAX_SIZE);
    long rows = dimensions == 1 ? 1 : reader.size("the rows of a tensor", 1, MAX_SIZE);
    String name =
        new String(reader.bytes(nameLength, "a tensor's name"), StandardCharsets.UTF_8)
            .replaceAll("\\p{Cntrl}", "?");
    StorageType type = GgmlFormat.type(typeId, reader, name);
    if (cols % type.blockSize() != 0) {
      throw reader.error(
          "says that %s is %s with rows of %d elements, but a row of %s is a whole number of blocks of %d; is the file damaged?"
              .formatted(name, type, cols, type, type.blockSize()));
    }
    if (format.isAligned()) {
      reader.align(name);
    }
    long bytes = rows * (cols / type.blockSize()) * GgmlBlocks.storedBytes(format, type);
    List<Long> shape = dimensions == 1 ? List.of(cols) : List.of(rows, cols);
    return new GgmlTensor(format, name, type, shape, reader.slice(bytes, name));
  }

  /// The blocks as GGUF has them: borrowed where they are the same, else in the arena.
  MemorySegment blocks(Arena arena) {
    return GgmlBlocks.of(format, type)
        .map(blocks -> blocks.convert(data, name, arena))
        .orElse(data);
  }
}
