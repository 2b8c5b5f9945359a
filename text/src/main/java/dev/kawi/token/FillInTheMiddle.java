package dev.kawi.token;

import java.util.OptionalInt;

/// The tokens by which a code model is asked to fill a gap. The first three are what it takes.
///
/// @param prefix goes before the text before the gap
/// @param suffix goes before the text after the gap
/// @param middle goes before what the model is to write
/// @param pad fills
/// @param repository goes before the name of a repository
/// @param separator goes between files
public record FillInTheMiddle(
    OptionalInt prefix,
    OptionalInt suffix,
    OptionalInt middle,
    OptionalInt pad,
    OptionalInt repository,
    OptionalInt separator) {

  /// Whether the model can fill gaps.
  public boolean isSupported() {
    return prefix.isPresent() && suffix.isPresent() && middle.isPresent();
  }
}
