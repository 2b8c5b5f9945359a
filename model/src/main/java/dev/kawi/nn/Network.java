package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/// What the engine runs: a decoder or an encoder.
public sealed interface Network permits Decoder, Encoder {
  /// The layers.
  List<Block> blocks();

  /// The residual stream after the last layer, for every token: [numTokens, hiddenSize].
  Tensor layers(Step step, Executor ex);

  /// Hidden states as they are pooled, of rows of what [#layers] gives: the same shape.
  Tensor states(Tensor x, Executor ex);

  /// Every linear map, in the order in which a pass meets them.
  Stream<Linear> linears();
}
