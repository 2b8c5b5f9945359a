package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A normalization of rows.
public sealed interface Norm {
  /// The name of the weight in the checkpoint, without its suffix.
  String name();

  /// The factors, [1, size].
  Tensor weight();

  /// Added to the mean square (or variance) before the root.
  float eps();

  /// y = x / sqrt(mean(x^2) + eps) * weight, on each group of `size` elements of a row, so that it
  /// also norms heads. Source: arXiv 1910.07467.
  ///
  /// @param name the name of the weight
  /// @param weight [1, size]
  /// @param eps a small positive number
  record RmsNorm(String name, Tensor weight, float eps) implements Norm {}

  /// y = (x - mean) / sqrt(variance + eps) * weight (+ bias), on each group of `size` elements of a
  /// row; with several rows of weights, group g has row g mod rows. Source: arXiv 1607.06450.
  ///
  /// @param name the name of the weight
  /// @param weight [1, size] or [heads, size]
  /// @param bias [1, size], if there is one
  /// @param eps a small positive number
  record LayerNorm(String name, Tensor weight, @Nullable Tensor bias, float eps) implements Norm {}
}
