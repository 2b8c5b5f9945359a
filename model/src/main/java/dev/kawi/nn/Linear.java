package dev.kawi.nn;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// y = W x (+ b). Shapes: x [numTokens, in], y [numTokens, out].
///
/// @param name the name of the weight in the checkpoint, without its suffix
/// @param weight [out, in], in whatever storage
/// @param bias [1, out], if there is one
public record Linear(String name, Matrix weight, @Nullable Tensor bias) {
  /// Checks the shape of the bias.
  public Linear {
    if (bias != null && bias.cols() != weight.rows()) {
      throw new IllegalArgumentException(
          "%s has %d outputs and a bias of %d".formatted(name, weight.rows(), bias.cols()));
    }
  }

  /// Inputs.
  public int in() {
    return weight.cols();
  }

  /// Outputs.
  public int out() {
    return weight.rows();
  }
}
