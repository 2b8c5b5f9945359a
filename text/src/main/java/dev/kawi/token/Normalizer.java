package dev.kawi.token;

/// What a model does to text before it is split into words.
@FunctionalInterface
interface Normalizer {
  /// What SentencePiece writes for a space.
  int MARK = '\u2581';

  /// Takes the text as it is.
  Normalizer NONE = Normalizer::copy;

  /// Appends the normalized form of `text[from..to)`, a stretch of text between special tokens, and
  /// says where each code point came from in bytes from the stretch's start.
  void normalize(String text, int from, int to, NormalizedText out);

  /// SentencePiece as Llama 2 uses it: every space becomes a mark, nothing else changes.
  static Normalizer spacesToMarks() {
    return (text, from, to, out) -> {
      int source = 0;
      for (int i = from; i < to; ) {
        int codePoint = Utf8.codePointAt(text, i);
        out.add(codePoint == ' ' ? MARK : codePoint, source);
        source += Utf8.length(codePoint);
        i += Character.charCount(codePoint);
      }
      out.end(source);
    };
  }

  /// The same with one mark more before the text.
  static Normalizer markAndSpacesToMarks() {
    Normalizer rest = spacesToMarks();
    return (text, from, to, out) -> {
      out.add(MARK, 0);
      rest.normalize(text, from, to, out);
    };
  }

  /// A space goes before text that begins with none.
  static Normalizer blankBefore() {
    return (text, from, to, out) -> {
      if (text.charAt(from) != ' ') {
        out.add(' ', 0);
      }
      copy(text, from, to, out);
    };
  }

  /// A Unicode normalization form. Works in stretches that no composition crosses, so that it can
  /// say where everything came from.
  static Normalizer unicode(java.text.Normalizer.Form form) {
    return (text, from, to, out) -> {
      if (java.text.Normalizer.isNormalized(Utf8.wellFormed(text, from, to), form)) {
        copy(text, from, to, out);
        return;
      }
      int source = 0;
      for (int i = from; i < to; ) {
        int end = endOfCluster(text, i, to);
        String composed = java.text.Normalizer.normalize(Utf8.wellFormed(text, i, end), form);
        int start = source;
        composed.codePoints().forEach(c -> out.add(c, start));
        source += Utf8.length(text, i, end);
        i = end;
      }
      out.end(source);
    };
  }

  /// Where the code points end that may compose with the one at `at`: before the next one that is
  /// neither a mark nor a Hangul vowel or final.
  private static int endOfCluster(String text, int at, int to) {
    int end = at;
    do {
      end += Character.charCount(Utf8.codePointAt(text, end));
    } while (end < to && joins(Utf8.codePointAt(text, end)));
    return end;
  }

  private static boolean joins(int codePoint) {
    return CharClass.is(codePoint, CharClass.MARK) || (codePoint >= 0x1160 && codePoint < 0x1200);
  }

  private static void copy(String text, int from, int to, NormalizedText out) {
    int source = 0;
    for (int i = from; i < to; ) {
      int codePoint = Utf8.codePointAt(text, i);
      out.add(codePoint, source);
      source += Utf8.length(codePoint);
      i += Character.charCount(codePoint);
    }
    out.end(source);
  }
}
