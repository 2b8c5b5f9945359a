package dev.kawi.token;

import java.text.Normalizer.Form;

/// A Unicode normalization of a few code points that belong together, with the source of each
/// result.
///
/// The sources are those of Hugging Face's tokenizers: it decomposes each code point, marks all
/// parts but the first as added, sorts, composes (what is composed of n parts has n - 1 fewer), and
/// then reads the marks from left to right as so many code points taken from the text before.
final class ClusterNormalization {
  private final NormalizedText in;
  private final int from;
  private final int to;
  private final Form form;
  private final IntList parts = new IntList();
  private final IntList added = new IntList();

  ClusterNormalization(NormalizedText in, int from, int to, Form form) {
    this.in = in;
    this.from = from;
    this.to = to;
    this.form = form;
  }

  void write(NormalizedText out) {
    String text = in.text(from, to);
    if (java.text.Normalizer.isNormalized(text, form)) {
      out.addAll(in, from, to);
      return;
    }
    boolean compatible = form == Form.NFKC || form == Form.NFKD;
    for (int i = from; i < to; i++) {
      int[] decomposed = decomposed(in.codePoints()[i], compatible ? Form.NFKD : Form.NFD);
      for (int k = 0; k < decomposed.length; k++) {
        parts.add(decomposed[k]);
        added.add(k == 0 ? 0 : 1);
      }
    }
    boolean[] used = new boolean[parts.size()];
    Alignment alignment = new Alignment();
    for (int c : java.text.Normalizer.normalize(text, form).codePoints().toArray()) {
      int[] decomposed = decomposed(c, Form.NFD);
      int change = 1 - decomposed.length;
      for (int part : decomposed) {
        change += take(part, used);
      }
      alignment.add(c, change);
    }
    alignment.write(in, from, to, out);
  }

  private static int[] decomposed(int codePoint, Form form) {
    return java.text.Normalizer.normalize(Character.toString(codePoint), form)
        .codePoints()
        .toArray();
  }

  /// Whether the first unused part of this value was added: 1 or 0.
  private int take(int part, boolean[] used) {
    for (int i = 0; i < used.length; i++) {
      if (!used[i] && parts.get(i) == part) {
        used[i] = true;
        return added.get(i);
      }
    }
    return 0;
  }
}
