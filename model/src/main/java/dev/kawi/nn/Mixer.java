package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// The part of a block that mixes tokens of a sequence with each other. Shapes: [numTokens,
/// hiddenSize] to the same.
public sealed interface Mixer permits Attention, GatedDeltaNet {
  /// Number of its layer in the cache.
  int layer();

  /// What it keeps of a sequence between steps.
  CacheSpec cacheSpec();

  /// Runs the layer.
  Tensor forward(Tensor x, Step step, Executor ex);

  /// Its linear maps.
  Stream<Linear> linears();

  /// The same mixer with each linear map replaced by what `change` makes of it.
  Mixer map(UnaryOperator<Linear> change);
}
