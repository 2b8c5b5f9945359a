package dev.kawi.token;

import java.util.Set;

/// SentencePiece's normalization: rules of a [Charsmap], then white space, in which every space
/// becomes a mark; see [Spaces] for the choices.
final class SentencePieceNormalizer implements Normalizer {
  /// What happens to white space.
  enum Spaces {
    /// A mark goes before the text.
    PREFIX,
    /// A run of spaces is one, and there is none at the ends.
    MERGE
  }

  private final Charsmap charsmap;
  private final Set<Spaces> spaces;

  SentencePieceNormalizer(Charsmap charsmap, Set<Spaces> spaces) {
    this.charsmap = charsmap;
    this.spaces = Set.copyOf(spaces);
  }

  @Override
  public void normalize(String text, int from, int to, NormalizedText out) {
    byte[] bytes = Utf8.bytes(text.substring(from, to));
    Writer writer = new Writer(out);
    for (int at = 0; at < bytes.length; ) {
      long match = charsmap.match(bytes, at, bytes.length);
      int source = at;
      if (match != 0) {
        charsmap.replacement((int) match).codePoints().forEach(c -> writer.add(c, source));
        at += (int) (match >>> 32);
      } else {
        int end = at + Utf8.length(bytes[at]);
        writer.add(Utf8.text(bytes, at, end).codePointAt(0), source);
        at = end;
      }
    }
    out.end(bytes.length);
  }

  private final class Writer {
    private final NormalizedText out;
    private final boolean merge = spaces.contains(Spaces.MERGE);
    private boolean prefixDue = spaces.contains(Spaces.PREFIX);
    private boolean inWord;

    private Writer(NormalizedText out) {
      this.out = out;
    }

    private void add(int codePoint, int source) {
      if (codePoint == ' ') {
        inWord = false;
        if (!merge) {
          out.add(MARK, source);
        }
        return;
      }
      if (!inWord) {
        inWord = true;
        if (prefixDue || merge) {
          prefixDue = false;
          out.add(MARK, source);
        }
      }
      out.add(codePoint, source);
    }
  }
}
