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
    int at = 0;
    int start = 0;
    for (int end = graphemes.next(); end != BreakIterator.DONE; end = graphemes.next()) {
      int count = text.codePointCount(start, end);
      if (Utf8.length(text, start, end) > LONGEST_GRAPHEME || !replace(in, at, at + count, out)) {
        for (int i = at; i < at + count; i++) {
          if (!replace(in, i, i + 1, out)) {
            add(in.codePoints()[i], i, in, out);
          }
        }
      }
      at += count;
      start = end;
    }
    out.end(in.source(in.size()));
  }

  private boolean replace(NormalizedText in, int from, int to, NormalizedText out) {
    byte[] bytes = Utf8.bytes(in.text(from, to));
    int at = charsmap.shortest(bytes);
    if (at < 0) {
      return false;
    }
    int[] place = {from};
    charsmap
        .replacement(at)
        .codePoints()
        .forEach(c -> add(c, Math.min(place[0]++, to - 1), in, out));
    return true;
  }

  /// What is left of the start of a text counts as its start, as there.
  private static void add(int codePoint, int place, NormalizedText in, NormalizedText out) {
    out.add(codePoint, in.source(out.size() == 0 ? 0 : place));
  }
}
