package dev.kawi.weights;

import dev.kawi.gguf.Access;
import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
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
    if (Files.isDirectory(path)) {
      return HuggingFaceFolder.open(path);
    }
    try {
      return GgufFile.open(path, access);
    } catch (ModelFormatException e) {
      if (!GgufFile.isOne(path) && Llama2cImporter.matches(path)) {
        throw new ModelFormatException(
            "%s is a llama2.c checkpoint; kawi convert %s --out MODEL.gguf makes a GGUF file of it"
                .formatted(path, path),
            e);
      }
      throw e;
    }
  }
}
