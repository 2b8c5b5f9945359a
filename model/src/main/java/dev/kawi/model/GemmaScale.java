package dev.kawi.model;

/// The attention scale of Gemma 2 and 3: the largest model of each divides by the root of
/// hiddenSize / numHeads, the others by that of headDim. Source: `gemma/config.py` of
/// gemma_pytorch.
final class GemmaScale {
  private GemmaScale() {}

  static float of(ModelConfig config, int layersOfLargest) {
    return config.numLayers() == layersOfLargest
        ? (float) (1 / Math.sqrt((double) config.hiddenSize() / config.heads().numHeads()))
        : Layers.usualScale(config.heads());
  }
}
