package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;

/// Granite with experts and a shared one.
final class GraniteMoeLayout extends GraniteLayout {
  GraniteMoeLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void expertKeys(Metadata.Builder all) {
    sharedExpertKeys(all);
  }

  @Override
  void feedForward(String block, int layer) {
    experts(block);
    sharedExpert(block);
  }
}
