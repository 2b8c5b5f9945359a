package dev.kawi.token;

import java.util.Objects;

/// How text becomes tokens.
///
/// @param controls what the text of a control token (`<|im_end|>`, `</s>` ...) counts as
/// @param ends whether the tokens that the model wants around a text are added
public record EncodeOptions(Controls controls, Ends ends) {
  /// Nothing in the text is special and nothing is added: safe for anything a user wrote.
  public static final EncodeOptions TEXT = new EncodeOptions(Controls.AS_TEXT, Ends.NONE);

  /// Control tokens are parsed, nothing is added: for what a chat template rendered.
  public static final EncodeOptions TEMPLATE = new EncodeOptions(Controls.PARSED, Ends.NONE);

  /// Control tokens are parsed and BOS/EOS added by the model's rule: for a raw prompt.
  public static final EncodeOptions PROMPT = new EncodeOptions(Controls.PARSED, Ends.BY_MODEL_RULE);

  public EncodeOptions {
    Objects.requireNonNull(controls, "controls");
    Objects.requireNonNull(ends, "ends");
  }

  /// What the text of a control token counts as.
  public enum Controls {
    /// It becomes the control token.
    PARSED,
    /// It is text like any other.
    AS_TEXT
  }

  /// The tokens around a text.
  public enum Ends {
    /// BOS, EOS, CLS, SEP as the model's files say.
    BY_MODEL_RULE,
    /// None.
    NONE
  }
}
