package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.pytorch.PytorchFile;
import dev.kawi.safetensors.SafetensorsFile;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// An open file of tensors as publishers ship them, whichever its format.
///
/// @param format the name of the format, with which errors begin
/// @param path the file
/// @param sizeBytes the size of the file when it was opened
/// @param tensors all tensors
/// @param file what is closed in the end
record PublishedFile(String format, Path path, long sizeBytes, List<Stored> tensors, Opened file)
    implements AutoCloseable {
  /// A tensor.
  ///
  /// @param name its name
  /// @param dtype as safetensors write it, such as `BF16`
  /// @param type how it is stored, if Kawi reads that
  /// @param shape sizes, outermost first
  /// @param data its bytes, borrowed until the file is closed
  record Stored(
      String name,
      String dtype,
      Optional<StorageType> type,
      List<Long> shape,
      Supplier<MemorySegment> data) {}

  /// Something open that closes without an exception.
  @FunctionalInterface
  interface Opened extends AutoCloseable {
    @Override
    void close();
  }

  /// Opens a file in the format that its name says.
  ///
  /// @throws IOException if it cannot be read
  /// @throws ModelFormatException if it is not a whole file of its format
  static PublishedFile open(Path file) throws IOException {
    return file.toString().endsWith(".bin")
        ? of(PytorchFile.open(file))
        : of(SafetensorsFile.open(file));
  }

  private static PublishedFile of(SafetensorsFile file) {
    List<Stored> tensors =
        file.tensors().stream()
            .map(t -> new Stored(t.name(), t.dtype(), t.type(), t.shape(), () -> file.data(t)))
            .toList();
    return new PublishedFile("safetensors", file.path(), file.sizeBytes(), tensors, file::close);
  }

  private static PublishedFile of(PytorchFile file) {
    List<Stored> tensors =
        file.tensors().stream()
            .map(t -> new Stored(t.name(), t.dtype(), t.type(), t.shape(), () -> file.data(t)))
            .toList();
    return new PublishedFile("pytorch", file.path(), file.sizeBytes(), tensors, file::close);
  }

  @Override
  public void close() {
    file.close();
  }
}
