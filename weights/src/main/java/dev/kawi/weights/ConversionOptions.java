package dev.kawi.weights;

import java.nio.file.Path;
import java.util.Optional;

/// What a person knows of a model that its file does not say.
///
/// @param tokenizer the vocabulary, where it is a file of its own; otherwise it is looked for
///   beside the model
/// @param contextLength tokens that a model in a format before GGUF was made for
/// @param rmsNormEps the epsilon of the norms of such a model
public record ConversionOptions(
    Optional<Path> tokenizer, Optional<Integer> contextLength, Optional<Float> rmsNormEps) {
  /// Nothing.
  public static final ConversionOptions NONE =
      new ConversionOptions(Optional.empty(), Optional.empty(), Optional.empty());

  /// Checks the numbers.
  public ConversionOptions {
    if (contextLength.filter(tokens -> tokens < 1).isPresent()) {
      throw new IllegalArgumentException(
          "convert: the context must be 1 token or more, found " + contextLength.get());
    }
    if (rmsNormEps.filter(epsilon -> !(epsilon > 0 && epsilon < 1)).isPresent()) {
      throw new IllegalArgumentException(
          "convert: the epsilon of norms must be between 0 and 1, such as 1e-5, found "
              + rmsNormEps.get());
    }
  }

  /// The same with the vocabulary in this file.
  public ConversionOptions withTokenizer(Path file) {
    return new ConversionOptions(Optional.of(file), contextLength, rmsNormEps);
  }

  /// Whether it says what only a format before GGUF leaves open.
  boolean describesModel() {
    return contextLength.isPresent() || rmsNormEps.isPresent();
  }
}
