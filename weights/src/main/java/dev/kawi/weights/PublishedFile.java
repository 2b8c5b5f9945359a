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
import java.util.stream.Stream;

/// An open file of tensors as publishers ship them.
sealed interface PublishedFile extends AutoCloseable {
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

  /// Opens a file in the format that its name says.
  ///
  /// @throws IOException if it cannot be read
  /// @throws ModelFormatException if it is not a whole file of its format
  static PublishedFile open(Path file) throws IOException {
    return file.toString().endsWith(".bin")
        ? new Pytorch(PytorchFile.open(file))
        : new Safetensors(SafetensorsFile.open(file));
  }

  /// The name of the format, with which errors begin.
  String format();

  /// The file.
  Path path();

  /// The size of the file when it was opened.
  long sizeBytes();

  /// All tensors.
  Stream<Stored> tensors();

  @Override
  void close();

  /// A file in safetensors.
  record Safetensors(SafetensorsFile file) implements PublishedFile {
    @Override
    public String format() {
      return "safetensors";
    }

    @Override
    public Path path() {
      return file.path();
    }

    @Override
    public long sizeBytes() {
      return file.sizeBytes();
    }

    @Override
    public Stream<Stored> tensors() {
      return file.tensors().stream()
          .map(t -> new Stored(t.name(), t.dtype(), t.type(), t.shape(), () -> file.data(t)));
    }

    @Override
    public void close() {
      file.close();
    }
  }

  /// A file of `torch.save`.
  record Pytorch(PytorchFile file) implements PublishedFile {
    @Override
    public String format() {
      return "pytorch";
    }

    @Override
    public Path path() {
      return file.path();
    }

    @Override
    public long sizeBytes() {
      return file.sizeBytes();
    }

    @Override
    public Stream<Stored> tensors() {
      return file.tensors().stream()
          .map(t -> new Stored(t.name(), t.dtype(), t.type(), t.shape(), () -> file.data(t)));
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
