package dev.kawi.token;

/// Cuts where the script changes, as SentencePiece's trainer does: Han, Hiragana and Katakana are
/// one, a space and what has no script belong to what is before them. What is before the first
/// letter of a script is left out.
final class ScriptCut implements PieceStage.Finder {
  private static final Character.UnicodeScript ANY = Character.UnicodeScript.UNKNOWN;

  @Override
  public IntList matches(int[] text, int from, int to) {
    IntList bounds = new IntList();
    Character.UnicodeScript last = ANY;
    int start = -1;
    for (int i = from; i < to; i++) {
      Character.UnicodeScript script = script(text[i]);
      if (script == ANY) {
        continue;
      }
      if (script != last) {
        if (start >= 0) {
          bounds.add(start);
          bounds.add(i);
        }
        start = i;
      }
      last = script;
    }
    if (start >= 0) {
      bounds.add(start);
      bounds.add(to);
    }
    return bounds;
  }

  private static Character.UnicodeScript script(int c) {
    if (c == ' ') {
      return ANY;
    }
    if (c == 0x30FC) {
      return Character.UnicodeScript.HAN;
    }
    Character.UnicodeScript script = Character.UnicodeScript.of(c);
    return switch (script) {
      case HIRAGANA, KATAKANA -> Character.UnicodeScript.HAN;
      default -> script;
    };
  }
}
