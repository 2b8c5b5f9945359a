package dev.kawi.model;

/// The attention scale of Gemma 2 and 3: what the file says, else the largest model of each divides
/// by the root of hiddenSize / numHeads, the others by that of headDim. Source: `gemma/config.py`
/// of gemma_pytorch.
final class GemmaScale {
  private GemmaScale() {}

  static float of(Checkpoint checkpoint, int layersOfLargest) {
    return checkpoint
        .metadata()
        .number(checkpoint.key("attention.scale"))
        .orElseGet(() -> usual(checkpoint.config(), layersOfLargest));
  }

  private static float usual(ModelConfig config, int layersOfLargest) {
    return config.numLayers() == layersOfLargest
        ? (float) (1 / Math.sqrt((double) config.hiddenSize() / config.heads().numHeads()))
        : Layers.usualScale(config.heads());
  }
}
