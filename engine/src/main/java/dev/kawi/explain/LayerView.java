package dev.kawi.explain;

import java.util.List;

/// What one layer did at every position.
///
/// The arrays are not copied: whoever makes a view gives them away.
///
/// @param residualNorms `[numPositions]`, the length of the residual stream after the layer
/// @param attention `[numHeads][numPositions][numPositions]`, by head, query position and key
///   position; each row adds up to 1 (less where a model has attention sinks), and later keys are 0
/// @param guesses for each position the most likely next tokens if this layer were the last one
///   (the logit lens), most likely first
@SuppressWarnings("ArrayRecordComponent")
public record LayerView(
    float[] residualNorms, float[][][] attention, List<List<TokenGuess>> guesses) {
  public LayerView {
    int numPositions = residualNorms.length;
    for (float[][] head : attention) {
      Shape.equal("query positions of a head", numPositions, head.length);
      for (float[] row : head) {
        Shape.equal("key positions of a head", numPositions, row.length);
      }
    }
    Shape.equal("positions with guesses", numPositions, guesses.size());
    guesses = guesses.stream().map(List::copyOf).toList();
  }

  /// How many heads there are.
  public int numHeads() {
    return attention.length;
  }
}
