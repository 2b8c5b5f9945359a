package dev.kawi.explain;

/// Colours text, or leaves it as it is where there are no colours.
final class Ink {
  /// From faint to strong in the 256-colour palette: grey blues to amber.
  private static final int[] HEAT = {236, 238, 60, 61, 67, 73, 114, 180, 215};

  private static final String BLOCKS = " ▁▂▃▄▅▆▇█";

  private static final int[] TOKENS = {75, 114, 180, 176, 80, 210, 149, 111, 216, 141};

  private final boolean colours;

  Ink(TerminalStyle.Paint paint) {
    this.colours = paint == TerminalStyle.Paint.ANSI_256;
  }

  private String sgr(String codes, String text) {
    return colours ? "\u001b[" + codes + "m" + text + "\u001b[0m" : text;
  }

  String title(String text) {
    return sgr("1;38;5;75", text);
  }

  String bold(String text) {
    return sgr("1", text);
  }

  String faint(String text) {
    return sgr("38;5;245", text);
  }

  /// What was chosen.
  String chosen(String text) {
    return sgr("1;38;5;215", text);
  }

  /// What was removed.
  String removed(String text) {
    return sgr("9;38;5;173", text);
  }

  /// The text of a token; the same id has the same colour everywhere.
  String token(int id, String text) {
    return sgr("38;5;" + TOKENS[Math.floorMod(id, TOKENS.length)], text);
  }

  /// One cell whose height, and colour, say how large a number in [0, 1] is.
  String heat(double strength) {
    int level = level(strength);
    return sgr("38;5;" + HEAT[level], BLOCKS.substring(level, level + 1));
  }

  /// A text whose colour says how large a number in [0, 1] is.
  String warm(double strength, String text) {
    return sgr("38;5;" + Math.max(HEAT[level(strength)], 60), text);
  }

  private static int level(double strength) {
    if (!(strength > 0.005)) {
      return 0;
    }
    return Math.clamp(Math.round(strength * (HEAT.length - 1)), 1, HEAT.length - 1);
  }

  /// A bar of at most `cells`, to an eighth of a cell.
  String bar(double share, int cells) {
    int eighths = (int) Math.round(Math.clamp(share, 0, 1) * cells * 8);
    String partial = eighths % 8 == 0 ? "" : "▏▎▍▌▋▊▉".substring(eighths % 8 - 1, eighths % 8);
    return "█".repeat(eighths / 8) + (eighths == 0 && share > 0 ? "▏" : partial);
  }
}
