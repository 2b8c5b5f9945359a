package dev.kawi.explain;

/// A token of the sequence.
///
/// @param id in the vocabulary
/// @param text what it stands for; bytes that are no whole character are written as `<0xE4>`
/// @param byteStart where its text begins in the UTF-8 bytes of the whole text
/// @param byteEnd where it ends; a control token that stands for no text is empty
/// @param role where it came from
public record ExplainedToken(int id, String text, int byteStart, int byteEnd, Role role) {
  /// Where a token came from.
  public enum Role {
    /// Text that was given.
    PROMPT,
    /// A mark such as the beginning of a sequence, which stands for no text.
    CONTROL,
    /// Chosen by the sampler.
    GENERATED
  }

  public ExplainedToken {
    Shape.notNegative("token id", id);
    Shape.require(
        byteStart >= 0 && byteStart <= byteEnd,
        "a token's bytes start before they end",
        byteStart + ".." + byteEnd);
  }
}
