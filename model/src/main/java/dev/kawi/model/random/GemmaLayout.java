package dev.kawi.model.random;

/// Gemma: embeddings are scaled, so that blocks add as much as in other models.
class GemmaLayout extends DecoderLayout {
  GemmaLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  final float residualGain() {
    return 1;
  }
}
