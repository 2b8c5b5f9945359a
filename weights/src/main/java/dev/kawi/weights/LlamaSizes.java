package dev.kawi.weights;

/// The dimensions of a model of the architecture `llama`.
record LlamaSizes(
    int hiddenSize,
    int intermediateSize,
    int numLayers,
    int numHeads,
    int numKvHeads,
    int vocabSize,
    int contextLength,
    boolean tiedEmbeddings) {
  int headDim() {
    return hiddenSize / numHeads;
  }

  int kvSize() {
    return headDim() * numKvHeads;
  }
}
