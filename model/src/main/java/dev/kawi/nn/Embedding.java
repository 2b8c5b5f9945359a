package dev.kawi.nn;

import dev.kawi.tensor.Matrix;

/// A table of vectors looked up by number: [vocabSize, hiddenSize] for tokens, [contextLength,
/// hiddenSize] for learnt positions.
///
/// @param name the name of the weight in the checkpoint, without its suffix
/// @param weight the table
public record Embedding(String name, Matrix weight) {
  /// Rows of the table.
  public int size() {
    return weight.rows();
  }

  /// Length of a vector.
  public int hiddenSize() {
    return weight.cols();
  }

  /// The same table as a linear map from hidden states to logits: tied embeddings.
  public Linear asLinear() {
    return new Linear(name, weight, null);
  }
}
