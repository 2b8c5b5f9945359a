package dev.kawi.token;

import java.text.BreakIterator;
import java.util.Locale;

/// SentencePiece's compiled rules as Hugging Face's tokenizers applies them: to every grapheme of
/// less than six bytes as a whole, else to its characters; of the rules that fit at the start of
/// such a stretch the shortest replaces all of it.
final class PrecompiledStep implements NormalizerStep {
  private static final int LONGEST_GRAPHEME = 5;

  private final Charsmap charsmap;

  PrecompiledStep(Charsmap charsmap) {
    this.charsmap = charsmap;
  }

  @Override
  public void apply(NormalizedText in, NormalizedText out) {
    String text = in.text(0, in.size());
    BreakIterator graphemes = BreakIterator.getCharacterInstance(Locale.ROOT);
    graphemes.setText(text);
    Alignment alignment = new Alignment();
    int at = 0;
    int start = 0;
    for (int end = graphemes.next(); end != BreakIterator.DONE; end = graphemes.next()) {
      int count = text.codePointCount(start, end);
      boolean isShort = Utf8.length(text, start, end) <= LONGEST_GRAPHEME;
      if (!isShort || !replace(in.text(at, at + count), count, alignment)) {
        for (int i = at; i < at + count; i++) {
          if (!replace(in.text(i, i + 1), 1, alignment)) {
            alignment.add(in.codePoints()[i], 0);
          }
        }
      }
      at += count;
      start = end;
    }
    alignment.write(in, 0, in.size(), out);
    out.end(in.source(in.size()));
  }

  private boolean replace(String text, int count, Alignment alignment) {
    int at = charsmap.shortest(Utf8.bytes(text));
    if (at < 0) {
      return false;
    }
    alignment.replace(count, charsmap.replacement(at));
    return true;
  }
}
