package dev.kawi.weights;

import dev.kawi.gguf.Access;
import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Opens models in whichever form they come.
public final class ModelFiles {
  private ModelFiles() {}

  /// Opens a GGUF file, or a folder as models are published on Hugging Face and ModelScope. The
  /// caller closes it.
  ///
  /// @param access how the bytes of a GGUF file are reached
  /// @throws IOException if it cannot be read
  /// @throws dev.kawi.gguf.ModelFormatException if it is not a model
  public static ModelFile open(Path path, Access access) throws IOException {
    return Files.isDirectory(path) ? HuggingFaceFolder.open(path) : GgufFile.open(path, access);
  }
}
