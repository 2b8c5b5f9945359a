package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// Command R7B: as Command R, with a window.
final class Cohere2Layout extends CommandRLayout {
  Cohere2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    slidingWindow(all);
    super.keys(all);
  }
}
