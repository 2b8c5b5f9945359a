package dev.kawi.token;

import java.util.List;

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

  /// A Unicode normalization form.
  static Normalizer unicode(java.text.Normalizer.Form form) {
    NormalizerStep step = NormalizerStep.unicode(form);
    return (text, from, to, out) -> {
      if (java.text.Normalizer.isNormalized(Utf8.wellFormed(text, from, to), form)) {
        copy(text, from, to, out);
        return;
      }
      NormalizedText plain = out.another();
      copy(text, from, to, plain);
      step.apply(plain, out);
    };
  }

  /// Several steps, one after the other.
  static Normalizer steps(List<NormalizerStep> steps) {
    return (text, from, to, out) -> {
      NormalizedText at = out.another();
      copy(text, from, to, at);
      for (int i = 0; i + 1 < steps.size(); i++) {
        NormalizedText next = out.another();
        steps.get(i).apply(at, next);
        at = next;
      }
      steps.getLast().apply(at, out);
    };
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
