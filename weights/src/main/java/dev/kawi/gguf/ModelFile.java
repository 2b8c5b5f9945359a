package dev.kawi.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// An open model, whatever its format: metadata and tensors under the names that GGUF has for them.
public interface ModelFile extends AutoCloseable {
  /// The file or folder that was opened.
  Path path();

  /// All files of weights, in order.
  List<Path> paths();

  /// The name of the format, such as `GGUF 3`.
  String format();

  /// The size of all files of weights when they were opened.
  long sizeBytes();

  /// The metadata.
  Metadata metadata();

  /// All tensors, in the order of the files.
  List<TensorInfo> tensors();

  /// The tensor of this name.
  Optional<TensorInfo> tensor(String name);

  /// The stored bytes of a tensor, little endian, row-major, borrowed until this file is closed. An
  /// error if Kawi cannot read its type.
  MemorySegment data(TensorInfo tensor);

  /// Checks that the files still have the sizes that they had when they were opened.
  void checkUnchanged();

  /// Ends all slices.
  @Override
  void close();
}
