package dev.kawi.nn;

import dev.kawi.gguf.GgufFile;
import dev.kawi.model.Architecture;
import dev.kawi.model.Checkpoint;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.SplittableRandom;

/// A random-weight model in memory, for tests of executors.
///
/// @param shape its sizes
/// @param decoder the layers
public record TinyModel(RandomShape shape, Decoder decoder) {
  /// The named shape with weights of this type.
  static TinyModel of(String shape, StorageType type) {
    return of(RandomShape.named(shape), type);
  }

  static TinyModel of(RandomShape shape, StorageType type) {
    GgufFile file = GgufFile.of(bytes(shape, type), shape.name());
    Checkpoint checkpoint = new Checkpoint(file);
    return new TinyModel(
        shape, Architecture.of(checkpoint).build(checkpoint, shape.contextLength()));
  }

  /// Two small layers: 4 heads of 8 elements over 2 key-value heads, hidden size 32.
  static RandomShape small(String architecture, RandomShape.Feature... features) {
    return new RandomShape(
        "small-" + architecture,
        architecture,
        2,
        32,
        4,
        2,
        8,
        48,
        272,
        64,
        7777,
        3e-4f,
        Set.of(features));
  }

  /// The bytes of the model's file.
  public static MemorySegment bytes(RandomShape shape, StorageType type) {
    try {
      Path path = Files.createTempFile("kawi", ".gguf");
      try (Arena arena = Arena.ofConfined();
          FileChannel channel = open(shape, type, path)) {
        MemorySegment mapped = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        return Arena.ofAuto().allocate(mapped.byteSize(), 64).copyFrom(mapped);
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileChannel open(RandomShape shape, StorageType type, Path path)
      throws IOException {
    new RandomModel(shape, type, 11).write(path);
    return FileChannel.open(path);
  }

  /// Seeded tokens.
  int[] tokens(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return random.ints(count, 0, decoder.vocabSize()).toArray();
  }

  /// A cache for this model.
  KvCache cache(StorageType type, int pageSize) {
    return CpuCache.of(decoder.blocks(), type, pageSize);
  }

  /// Pages for `count` tokens.
  static BlockTable table(KvCache cache, int count) {
    BlockTable table = cache.newTable(count);
    return table;
  }

  /// Logits of every token of a prompt in one step over an F32 cache, [prompt.length][vocabSize].
  float[][] logits(int[] prompt, Executor executor) {
    try (KvCache cache = cache(StorageType.F32, 8)) {
      int[] all = java.util.stream.IntStream.range(0, prompt.length).toArray();
      return rows(
          decoder.forward(Step.of(prompt, 0, table(cache, prompt.length), cache, all), executor));
    }
  }

  /// Copies of the rows.
  static float[][] rows(Tensor x) {
    float[][] rows = new float[x.rows()][];
    for (int t = 0; t < rows.length; t++) {
      rows[t] = x.row(t);
    }
    return rows;
  }
}
