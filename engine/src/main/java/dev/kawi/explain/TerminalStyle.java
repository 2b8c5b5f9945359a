package dev.kawi.explain;

/// How an explanation looks in a terminal.
///
/// @param width cells in a line; at least 40
/// @param paint whether there are colours
/// @param language in which it speaks
public record TerminalStyle(int width, Paint paint, Language language) {
  /// Colours of a terminal.
  public enum Paint {
    /// No escape sequences at all, for files and pipes; strength is shown by the height of blocks.
    PLAIN,
    /// The 256 colours of xterm.
    ANSI_256
  }

  public TerminalStyle {
    Shape.require(width >= 40, "a terminal of at least 40 columns", width);
  }

  /// Without colours, in English, 100 columns.
  public static TerminalStyle plain() {
    return new TerminalStyle(100, Paint.PLAIN, Language.ENGLISH);
  }
}
