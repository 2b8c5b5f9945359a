package dev.kawi.chat.jinja;

/// Why a template could not be parsed or rendered. The line is attached by the parser or the
/// renderer, whoever knows it.
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// What went wrong, in the terms that a caller can act on.
  public enum Kind {
    /// The template is not Jinja.
    SYNTAX,
    /// An operation on the given variables failed, as it would in Jinja2.
    EVALUATION,
    /// The template itself called `raise_exception`.
    RAISED,
    /// The template wanted more steps, text or nesting than it is allowed.
    LIMIT
  }

  private final Kind kind;
  private final String reason;
  private final int line;

  private JinjaException(Kind kind, String reason, int line) {
    super(line > 0 ? "line " + line + ": " + reason : reason, null, false, false);
    this.kind = kind;
    this.reason = reason;
    this.line = line;
  }

  static JinjaException syntax(String reason, int line) {
    return new JinjaException(Kind.SYNTAX, reason, line);
  }

  static JinjaException evaluation(String reason) {
    return new JinjaException(Kind.EVALUATION, reason, 0);
  }

  static JinjaException raised(String message) {
    return new JinjaException(Kind.RAISED, message, 0);
  }

  static JinjaException limit(String reason) {
    return new JinjaException(Kind.LIMIT, reason, 0);
  }

  /// This error, located, unless it already was.
  JinjaException at(int where) {
    return line > 0 ? this : new JinjaException(kind, reason, where);
  }

  /// The kind of failure.
  public Kind kind() {
    return kind;
  }

  /// The message without the line; for [Kind#RAISED] exactly what the template said.
  public String reason() {
    return reason;
  }

  /// The line in the template, counted from 1; 0 when the failure has none.
  public int line() {
    return line;
  }
}
