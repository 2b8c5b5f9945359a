package dev.kawi.pytorch;

import dev.kawi.gguf.ModelFormatException;
import java.nio.file.Path;

/// The file that errors speak of.
record Source(Path path) {
  /// The error for a file that breaks off or was changed.
  ModelFormatException damaged(String what) {
    return wrong(what + "; is the file complete?");
  }

  /// The error for a file that was made in a way that Kawi does not read; `what` ends in the cure.
  ModelFormatException wrong(String what) {
    return new ModelFormatException("pytorch: " + path + " " + what);
  }
}
