package dev.kawi.token;

import java.util.Set;

/// BERT's cleaning: control characters go, white space becomes spaces, and, as the model wants,
/// accents and capitals go.
final class BertNormalizer implements Normalizer {
  /// What goes besides control characters.
  enum Fold {
    ACCENTS,
    CASE
  }

  private final Set<Fold> folds;

  BertNormalizer(Set<Fold> folds) {
    this.folds = Set.copyOf(folds);
  }

  @Override
  public void normalize(String text, int from, int to, NormalizedText out) {
    int source = 0;
    for (int i = from; i < to; ) {
      int codePoint = Utf8.codePointAt(text, i);
      if (!isDropped(codePoint)) {
        if (CharClass.is(codePoint, CharClass.SPACE)) {
          out.add(' ', source);
        } else {
          fold(codePoint, source, out);
        }
      }
      source += Utf8.length(codePoint);
      i += Character.charCount(codePoint);
    }
    out.end(source);
  }

  static boolean isDropped(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL -> codePoint != '\t' && codePoint != '\n' && codePoint != '\r';
      case Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
      default -> codePoint == Utf8.REPLACEMENT;
    };
  }

  private void fold(int codePoint, int source, NormalizedText out) {
    if (!folds.contains(Fold.ACCENTS) || codePoint < 0xC0 || BertSplitter.isIdeograph(codePoint)) {
      out.add(cased(codePoint), source);
      return;
    }
    java.text.Normalizer.normalize(Character.toString(codePoint), java.text.Normalizer.Form.NFD)
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(c -> out.add(cased(c), source));
  }

  private int cased(int codePoint) {
    return folds.contains(Fold.CASE) ? Character.toLowerCase(codePoint) : codePoint;
  }
}
