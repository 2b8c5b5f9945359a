package dev.kawi.gguf;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An open GGUF model: its metadata, and its tensors as slices of the file, not copies.
///
/// A model that is split over several files (`-00001-of-00003.gguf`) is opened by naming any one of
/// them; the others are found beside it, and it reads as one.
///
/// The slices that [#data] returns are borrowed: they end when the file is closed. All of it may be
/// used by many threads. Source: the GGUF specification (`docs/gguf.md` of ggml).
public final class GgufFile implements ModelFile {
  private final Path path;
  private final List<GgufPart> parts;
  private final Metadata metadata;
  private final Map<String, TensorInfo> tensors;

  private GgufFile(Path path, List<GgufPart> parts) {
    this.path = path;
    this.parts = List.copyOf(parts);
    this.metadata = parts.getFirst().header().metadata();
    this.tensors = merge(parts);
  }

  /// Whether a file begins as GGUF files do.
  public static boolean isOne(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("GGUF");
    }
  }

  /// Opens a file by mapping it into memory.
  public static GgufFile open(Path path) throws IOException {
    return open(path, Access.MAP);
  }

  /// Opens a file. An [IOException] means that it cannot be read, a [ModelFormatException] that it
  /// is not a whole GGUF file; nothing stays open then.
  public static GgufFile open(Path path, Access access) throws IOException {
    List<GgufPart> parts = new ArrayList<>();
    try {
      List<Path> files = SplitName.filesOf(path);
      for (Path file : files) {
        parts.add(GgufPart.open(file, access, parts.size()));
      }
      SplitName.requireOneModel(path, parts);
      return new GgufFile(path, parts);
    } catch (IOException | RuntimeException | Error e) {
      parts.forEach(GgufPart::close);
      throw e;
    }
  }

  /// Reads a file that already lies in memory, which stays the caller's; `name` appears in
  /// messages.
  public static GgufFile of(MemorySegment bytes, String name) {
    Path path = Path.of(name);
    List<GgufPart> parts = List.of(GgufPart.borrowed(path, bytes));
    SplitName.requireOneModel(path, parts);
    return new GgufFile(path, parts);
  }

  /// The file that was named when it was opened.
  @Override
  public Path path() {
    return path;
  }

  /// All files of the model, in order; one unless it is split.
  @Override
  public List<Path> paths() {
    return parts.stream().map(GgufPart::path).toList();
  }

  @Override
  public String format() {
    return "GGUF " + version();
  }

  /// The version of the format: 2 or 3.
  public int version() {
    return parts.getFirst().header().version();
  }

  /// The number of bytes of which each tensor's place in the file is a multiple.
  public int alignment() {
    return parts.getFirst().header().alignment();
  }

  /// The size of all files of the model.
  @Override
  public long sizeBytes() {
    return parts.stream().mapToLong(part -> part.bytes().byteSize()).sum();
  }

  /// The metadata; of a split model, that of its first file.
  @Override
  public Metadata metadata() {
    return metadata;
  }

  /// All tensors in file order.
  @Override
  public List<TensorInfo> tensors() {
    return List.copyOf(tensors.values());
  }

  /// The tensor of this name.
  @Override
  public Optional<TensorInfo> tensor(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /// The stored bytes of a tensor, little endian, borrowed until this file is closed. The order is
  /// row-major. An error if Kawi cannot read its type.
  @Override
  public MemorySegment data(TensorInfo tensor) {
    requireOpen();
    if (!tensor.equals(tensors.get(tensor.name()))) {
      throw new IllegalArgumentException("gguf: " + tensor.name() + " is not a tensor of " + path);
    }
    long bytes = tensor.type().bytes(tensor.elements());
    return parts.get(tensor.part()).bytes().asSlice(tensor.offset(), bytes);
  }

  /// Checks that the files still have the sizes that they had when they were opened. To be called
  /// before a mapped model is used again: reading a mapped page that was cut off ends the process.
  @Override
  public void checkUnchanged() {
    requireOpen();
    parts.forEach(GgufPart::checkUnchanged);
  }

  /// Ends all slices.
  @Override
  public void close() {
    parts.forEach(GgufPart::close);
  }

  private void requireOpen() {
    if (!parts.getFirst().bytes().scope().isAlive()) {
      throw new IllegalStateException("gguf: " + path + " is closed; open it again to use it");
    }
  }

  private static Map<String, TensorInfo> merge(List<GgufPart> parts) {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (GgufPart part : parts) {
      for (TensorInfo tensor : part.header().tensors()) {
        if (tensors.put(tensor.name(), tensor) != null) {
          throw new ModelFormatException(
              "gguf: %s has the tensor %s, and so has an earlier file of the same model"
                  .formatted(part.path(), tensor.name()));
        }
      }
    }
    return java.util.Collections.unmodifiableMap(tensors);
  }
}
