package dev.kawi.token;

import java.text.Normalizer.Form;
import java.util.function.IntUnaryOperator;

/// One step of the normalizer of a `tokenizer.json`, as Hugging Face's tokenizers does it. A code
/// point that a step writes comes from where that library's alignments say, because a Metaspace
/// that marks the first piece only asks for it.
@FunctionalInterface
interface NormalizerStep {
  /// Appends the normalized form of the first text to the second, which is empty.
  void apply(NormalizedText in, NormalizedText out);

  /// Writes each code point as another.
  static NormalizerStep map(IntUnaryOperator map) {
    return (in, out) -> {
      for (int i = 0; i < in.size(); i++) {
        out.add(map.applyAsInt(in.codePoints()[i]), in.source(i));
      }
      out.end(in.source(in.size()));
    };
  }

  /// Keeps the code points of this set.
  static NormalizerStep keep(CharSet kept) {
    return (in, out) -> {
      for (int i = 0; i < in.size(); i++) {
        if (kept.contains(in.codePoints()[i])) {
          out.add(in.codePoints()[i], in.source(i));
        }
      }
      out.end(in.source(in.size()));
    };
  }

  /// Lower case, letter by letter.
  static NormalizerStep lowercase() {
    return (in, out) -> {
      for (int i = 0; i < in.size(); i++) {
        int c = in.codePoints()[i];
        if (c == 0x130) { // the one letter whose lower case is two code points
          out.add('i', in.source(i));
          out.add(0x307, in.source(i));
        } else {
          out.add(Character.toLowerCase(c), in.source(i));
        }
      }
      out.end(in.source(in.size()));
    };
  }

  /// The ends of the text that lose their white space.
  enum Side {
    LEFT,
    RIGHT
  }

  /// Leaves out white space at these ends.
  static NormalizerStep strip(java.util.Set<Side> sides) {
    return (in, out) -> {
      int start = 0;
      int end = in.size();
      while (sides.contains(Side.LEFT) && start < end && isSpace(in, start)) {
        start++;
      }
      while (sides.contains(Side.RIGHT) && end > start && isSpace(in, end - 1)) {
        end--;
      }
      out.addAll(in, start, end);
      out.end(in.source(in.size()));
    };
  }

  private static boolean isSpace(NormalizedText text, int index) {
    return CharClass.is(text.codePoints()[index], CharClass.SPACE);
  }

  /// Puts a string before text that is not empty.
  static NormalizerStep prepend(String string) {
    int[] first = string.codePoints().toArray();
    return (in, out) -> {
      for (int i = 0; i < first.length && in.size() > 0; i++) {
        out.add(first[i], in.source(0));
      }
      out.addAll(in, 0, in.size());
      out.end(in.source(in.size()));
    };
  }

  /// Puts a string in the place of every match.
  static NormalizerStep replace(Regex pattern, String string) {
    int[] content = string.codePoints().toArray();
    return (in, out) -> {
      IntList matches = pattern.matches(in.codePoints(), 0, in.size());
      int at = 0;
      for (int i = 0; i < matches.size(); i += 2) {
        out.addAll(in, at, matches.get(i));
        at = matches.get(i + 1);
        for (int c : content) {
          out.add(c, at == 0 ? 0 : in.source(at - 1));
        }
      }
      out.addAll(in, at, in.size());
      out.end(in.source(in.size()));
    };
  }

  /// A Unicode normalization form. Works in stretches that no composition crosses, so that it can
  /// say where everything came from.
  static NormalizerStep unicode(Form form) {
    return (in, out) -> {
      int[] text = in.codePoints();
      for (int i = 0; i < in.size(); ) {
        int end = endOfCluster(text, i, in.size());
        if (end == i + 1 && text[i] < 0xA0) {
          out.add(text[i], in.source(i));
        } else {
          new ClusterNormalization(in, i, end, form).write(out);
        }
        i = end;
      }
      out.end(in.source(in.size()));
    };
  }

  /// Where the code points end that may compose with the one at `at`, or change places with it.
  private static int endOfCluster(int[] text, int at, int to) {
    int end = at + 1;
    while (end < to && joins(text[end])) {
      end++;
    }
    return end;
  }

  /// Whether the code point, or the first that it decomposes to, is a mark or a Hangul vowel or
  /// final.
  private static boolean joins(int codePoint) {
    if (codePoint < 0x300) {
      return codePoint == 0xA8 || codePoint == 0xAF || codePoint == 0xB4 || codePoint == 0xB8;
    }
    if (isJoining(codePoint)) {
      return true;
    }
    String whole = Character.toString(codePoint);
    return !java.text.Normalizer.isNormalized(whole, Form.NFKD)
        && isJoining(java.text.Normalizer.normalize(whole, Form.NFKD).codePointAt(0));
  }

  private static boolean isJoining(int codePoint) {
    return CharClass.is(codePoint, CharClass.MARK) || (codePoint >= 0x1160 && codePoint < 0x1200);
  }

  /// Every byte as the character that stands for it in GPT-2's alphabet.
  static NormalizerStep byteLevel() {
    return (in, out) -> {
      byte[] bytes = new byte[4];
      for (int i = 0; i < in.size(); i++) {
        int length = Utf8.put(in.codePoints()[i], bytes, 0);
        for (int k = 0; k < length; k++) {
          out.add(ByteAlphabet.character(bytes[k]), in.source(i));
        }
      }
      out.end(in.source(in.size()));
    };
  }
}
