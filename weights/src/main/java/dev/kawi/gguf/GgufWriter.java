package dev.kawi.gguf;

import dev.kawi.kernel.Quantize;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Writes GGUF files: the metadata, then tensors one after another, so that only one is in memory.
///
/// ```java
/// new GgufWriter(Metadata.builder().string("general.architecture", "llama").build())
///     .add("output_norm.weight", StorageType.F32, List.of(64L), norm)
///     .add("output.weight", StorageType.Q8_0, List.of(512L, 64L), arena -> encodeOutput(arena))
///     .write(Path.of("model.gguf"));
/// ```
///
/// A file appears under its name only when it is whole: it is written beside and renamed. Source:
/// the GGUF specification (`docs/gguf.md` of ggml); splitting as `gguf-split` of llama.cpp does it.
public final class GgufWriter {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

  /// Gives the stored bytes of a tensor when their turn comes. The arena ends after they are
  /// written.
  @FunctionalInterface
  public interface Source {
    /// The bytes, exactly as many as the type and the shape need.
    MemorySegment load(Arena arena) throws IOException;
  }

  /// How much goes into one file of a split model.
  public sealed interface Split {
    /// At most this many tensors in a file.
    record ByTensors(int max) implements Split {
      /// At least one.
      public ByTensors {
        requirePositive(max);
      }
    }

    /// At most this many bytes of tensors in a file, but always one tensor.
    record ByBytes(long max) implements Split {
      /// At least one.
      public ByBytes {
        requirePositive(max);
      }
    }

    private static void requirePositive(long max) {
      if (max < 1) {
        throw new IllegalArgumentException("gguf: a split needs a positive size, found " + max);
      }
    }
  }

  /// A tensor that waits to be written.
  record Pending(String name, StorageType type, List<Long> shape, Source source) {
    long bytes() {
      return type.bytes(shape.stream().reduce(1L, Math::multiplyExact));
    }
  }

  private final Metadata metadata;
  private final List<Pending> tensors = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private int version = 3;

  /// Starts a file with this metadata. Its `general.alignment`, if any, is obeyed.
  public GgufWriter(Metadata metadata) {
    this.metadata = metadata;
  }

  /// Writes this version of the format, 2 or 3 (the default); they differ in the number only.
  public GgufWriter version(int version) {
    if (version != 2 && version != 3) {
      throw new IllegalArgumentException("gguf: Kawi writes versions 2 and 3, not " + version);
    }
    this.version = version;
    return this;
  }

  /// Adds a tensor whose stored bytes are loaded when it is written.
  ///
  /// @param shape its sizes, outermost first: `[rows, cols]`
  public GgufWriter add(String name, StorageType type, List<Long> shape, Source source) {
    requireShape(name, type, shape);
    if (!names.add(name)) {
      throw new IllegalArgumentException("gguf: the tensor " + name + " was added twice");
    }
    tensors.add(new Pending(name, type, List.copyOf(shape), source));
    return this;
  }

  /// Adds a tensor by its stored bytes, which must stay as they are until the file is written.
  public GgufWriter add(String name, StorageType type, List<Long> shape, MemorySegment bytes) {
    return add(name, type, shape, _ -> bytes);
  }

  /// Adds a tensor by its elements, row-major, which are encoded when it is written. For the types
  /// that [Quantize] encodes.
  public GgufWriter add(String name, StorageType type, List<Long> shape, float[] elements) {
    Quantize.requireEncoder(type);
    return add(name, type, shape, arena -> encode(arena, name, type, shape, elements));
  }

  /// Writes one file.
  public void write(Path path) throws IOException {
    GgufOutput.write(path, version, metadata, tensors);
  }

  /// Writes the model as several files beside `path`, whose own name (without `.gguf`) is the
  /// prefix of theirs. The first holds the metadata. Returns the files in order.
  public List<Path> write(Path path, Split split) throws IOException {
    List<List<Pending>> groups = groups(split);
    if (groups.size() > SplitName.MAX_COUNT) {
      throw new IllegalArgumentException(
          "gguf: %s would be split into %d files; at most %d are possible"
              .formatted(path, groups.size(), SplitName.MAX_COUNT));
    }
    String prefix = String.valueOf(path.getFileName()).replaceFirst("\\.gguf$", "");
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      Path file = path.resolveSibling(SplitName.format(prefix, i + 1, groups.size()));
      GgufOutput.write(file, version, splitMetadata(i, groups.size()), groups.get(i));
      files.add(file);
    }
    return files;
  }

  private List<List<Pending>> groups(Split split) {
    List<List<Pending>> groups = new ArrayList<>();
    groups.add(new ArrayList<>());
    long bytes = 0;
    for (Pending tensor : tensors) {
      boolean full =
          switch (split) {
            case Split.ByTensors(int max) -> groups.getLast().size() >= max;
            case Split.ByBytes(long max) -> bytes + tensor.bytes() > max;
          };
      if (full && !groups.getLast().isEmpty()) {
        groups.add(new ArrayList<>());
        bytes = 0;
      }
      groups.getLast().add(tensor);
      bytes += tensor.bytes();
    }
    return groups;
  }

  private Metadata splitMetadata(int number, int count) {
    Metadata.Builder builder = number == 0 ? metadata.toBuilder() : alignmentOnly();
    return builder
        .u16(SplitName.NUMBER_KEY, number)
        .u16(SplitName.COUNT_KEY, count)
        .i32(SplitName.TENSORS_KEY, tensors.size())
        .build();
  }

  private Metadata.Builder alignmentOnly() {
    Metadata.Builder builder = Metadata.builder();
    metadata
        .integer(GgufParser.ALIGNMENT_KEY)
        .ifPresent(alignment -> builder.u32(GgufParser.ALIGNMENT_KEY, alignment));
    return builder;
  }

  private static void requireShape(String name, StorageType type, List<Long> shape) {
    boolean valid =
        !shape.isEmpty()
            && shape.size() <= GgufParser.MAX_DIMENSIONS
            && shape.stream().allMatch(size -> size > 0 && size <= Integer.MAX_VALUE)
            && shape.getLast() % type.blockSize() == 0;
    if (!valid) {
      throw new IllegalArgumentException(
          "gguf: %s cannot be %s of shape %s: 1 to %d positive sizes, the last a multiple of %d"
              .formatted(name, type, shape, GgufParser.MAX_DIMENSIONS, type.blockSize()));
    }
  }

  private static MemorySegment encode(
      Arena arena, String name, StorageType type, List<Long> shape, float[] elements) {
    long expected = shape.stream().reduce(1L, Math::multiplyExact);
    if (elements.length != expected) {
      throw new IllegalArgumentException(
          "gguf: %s of shape %s has %d elements, found %d"
              .formatted(name, shape, expected, elements.length));
    }
    MemorySegment source = arena.allocate(Math.multiplyExact(4L, elements.length), 64);
    MemorySegment.copy(elements, 0, source, FLOAT, 0, elements.length);
    if (type == StorageType.F32) {
      return source;
    }
    MemorySegment target = arena.allocate(type.bytes(expected), 64);
    Quantize.row(type, source, 0, target, 0, elements.length);
    return target;
  }
}
