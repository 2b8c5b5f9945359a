package dev.kawi.token;

/// Code points that take the place of others, each with how many of those it takes the place of, as
/// Hugging Face's tokenizers counts: 0 is one, -n is n more, 1 is none (it was added). The sources
/// follow from reading these numbers from left to right, even where they do not add up.
final class Alignment {
  private final IntList codePoints = new IntList();
  private final IntList changes = new IntList();

  void add(int codePoint, int change) {
    codePoints.add(codePoint);
    changes.add(change);
  }

  /// Takes a string in the place of so many code points. What is removed before everything else is
  /// counted nowhere.
  void replace(int count, String string) {
    int[] text = string.codePoints().toArray();
    for (int i = 0; i < text.length; i++) {
      add(text[i], i < count ? 0 : 1);
    }
    if (text.length < count && changes.size() > 0) {
      int last = changes.size() - 1;
      changes.set(last, changes.get(last) - (count - text.length));
    }
  }

  /// Writes the code points with the sources of `in[from..to)`.
  void write(NormalizedText in, int from, int to, NormalizedText out) {
    int next = from;
    for (int i = 0; i < codePoints.size(); i++) {
      int change = changes.get(i);
      if (change > 0) {
        out.add(codePoints.get(i), in.source(Math.max(from, next - 1)));
      } else {
        out.add(codePoints.get(i), in.source(Math.min(next, to - 1)));
        next += 1 - change;
      }
    }
  }
}
