package dev.kawi.model.random;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomTensor.Spread;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A model of random weights: for tests, which know what another program computes from the same
/// file, and for measurements at the shape of a released model.
///
/// The same shape, mix and seed give the same file, byte for byte, on any machine. It is made
/// outside the heap, one tensor after another, so that a file may be larger than both, and holds a
/// small tokenizer.
///
/// @param shape architecture and sizes
/// @param storage the storage type of each matrix
/// @param seed chooses the weights
public record RandomModel(RandomShape shape, StorageMix storage, long seed) {
  private static final int PIECE_BYTES = 1 << 20;

  /// A model whose matrices all have this type, where the length of their rows allows it.
  public RandomModel(RandomShape shape, StorageType type, long seed) {
    this(shape, StorageMix.uniform(type), seed);
  }

  /// Writes the file.
  public void write(Path file) throws IOException {
    Layout layout = Layouts.of(shape);
    Metadata.Builder metadata = layout.metadata();
    RandomTokenizer.describe(
        shape.vocabSize(),
        shape.has(RandomShape.Feature.SCORE_HEAD)
            ? RandomTokenizer.Ends.MARKED
            : RandomTokenizer.Ends.PLAIN,
        metadata);
    GgufWriter writer = new GgufWriter(metadata.build());
    for (RandomTensor tensor : layout.tensors()) {
      StorageType type = typeOf(tensor);
      writer.add(tensor.name(), type, tensor.shape(), arena -> bytes(tensor, type, arena));
    }
    writer.write(file);
  }

  private MemorySegment bytes(RandomTensor tensor, StorageType type, Arena arena) {
    RandomValues values = values(tensor, type);
    MemorySegment all = arena.allocate(type.bytes(tensor.elements()), 64);
    byte[] piece = new byte[PIECE_BYTES / type.blockBytes() * type.blockBytes()];
    for (long at = 0; at < all.byteSize(); at += piece.length) {
      int count = (int) Math.min(piece.length, all.byteSize() - at);
      values.fill(piece, count);
      MemorySegment.copy(piece, 0, all, ValueLayout.JAVA_BYTE, at, count);
    }
    return all;
  }

  private StorageType typeOf(RandomTensor tensor) {
    return tensor.spread() instanceof Spread.Weight
        ? StorageMix.fitting(storage.typeOf(tensor.name()), tensor.cols())
        : StorageType.F32;
  }

  /// The stream of one tensor depends on its name, not on what was written before it.
  private RandomValues values(RandomTensor tensor, StorageType type) {
    long start = RandomValues.mix(seed);
    for (byte b : tensor.name().getBytes(StandardCharsets.UTF_8)) {
      start = RandomValues.mix(start + b);
    }
    return new RandomValues(start, type, tensor.spread());
  }
}
