package dev.kawi.engine;

import java.io.IOException;
import java.nio.file.Path;

/// The small trained model of the data folder.
final class Stories {
  private Stories() {}

  static Path folder() {
    return Path.of(System.getProperty("kawi.data"), "models", "stories260K");
  }

  static Model load(EngineOptions options) throws IOException {
    return Model.load(folder().resolve("stories260K.gguf"), options.withContextLength(512));
  }
}
