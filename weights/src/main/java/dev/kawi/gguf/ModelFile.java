package dev.kawi.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/// An open model, whatever its format: metadata and tensors under the names that GGUF has for them.
public interface ModelFile extends AutoCloseable {
  /// The file or folder that was opened.
  Path path();

  /// The metadata.
  Metadata metadata();

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
