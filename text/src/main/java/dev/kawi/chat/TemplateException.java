package dev.kawi.chat;

import dev.kawi.chat.jinja.JinjaException;
import java.util.OptionalInt;

/// A chat template could not be parsed or rendered.
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// Whose fault it is.
  public enum Kind {
    /// The template is not Jinja, or uses what this engine does not have.
    SYNTAX,
    /// The template failed on these variables, as it would have in Jinja2.
    EVALUATION,
    /// The template refused these variables by calling `raise_exception`;
    /// [TemplateException#reason] is its message, word for word.
    RAISED,
    /// The template went over the limits on steps, text or nesting.
    LIMIT
  }

  private final Kind kind;
  private final String reason;
  private final int line;

  TemplateException(JinjaException cause) {
    super(message(cause), cause);
    this.kind =
        switch (cause.kind()) {
          case SYNTAX -> Kind.SYNTAX;
          case EVALUATION -> Kind.EVALUATION;
          case RAISED -> Kind.RAISED;
          case LIMIT -> Kind.LIMIT;
        };
    this.reason = cause.reason();
    this.line = cause.line();
  }

  private static String message(JinjaException cause) {
    String where =
        cause.line() > 0 ? "chat template, line " + cause.line() + ": " : "chat template: ";
    return where
        + (cause.kind() == JinjaException.Kind.RAISED ? "the template says: " : "")
        + cause.reason();
  }

  /// Whose fault it is.
  public Kind kind() {
    return kind;
  }

  /// What went wrong, without the line.
  public String reason() {
    return reason;
  }

  /// The line of the template, counted from 1, where that is known.
  public OptionalInt line() {
    return line > 0 ? OptionalInt.of(line) : OptionalInt.empty();
  }
}
