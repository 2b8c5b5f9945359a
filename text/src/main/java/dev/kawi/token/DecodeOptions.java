package dev.kawi.token;

import java.util.Objects;

/// How tokens become text.
///
/// @param controls whether control tokens are written
/// @param spacing whether spaces before punctuation are removed
public record DecodeOptions(Controls controls, Spacing spacing) {
  /// Control tokens are left out, all spaces are kept.
  public static final DecodeOptions TEXT = new DecodeOptions(Controls.OMITTED, Spacing.AS_IS);

  /// Control tokens are written as their text, all spaces are kept.
  public static final DecodeOptions ALL = new DecodeOptions(Controls.WRITTEN, Spacing.AS_IS);

  public DecodeOptions {
    Objects.requireNonNull(controls, "controls");
    Objects.requireNonNull(spacing, "spacing");
  }

  /// Whether control tokens are written.
  public enum Controls {
    /// As the text that the vocabulary has for them.
    WRITTEN,
    /// Not at all.
    OMITTED
  }

  /// What happens to spaces.
  public enum Spacing {
    /// They are kept: decoding gives back what was encoded.
    AS_IS,
    /// Where the model's rule asks for it, the space before `. ? ! ,` and `'s 'm 're 've` goes, as
    /// `clean_up_tokenization_spaces` does.
    BY_MODEL_RULE
  }
}
