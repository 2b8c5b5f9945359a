package dev.kawi.token;

import java.util.List;

/// A pre-tokenizer as Hugging Face's tokenizers has them: cuts pieces into finer ones, leaves some
/// out, or changes their text. It sees one piece at a time.
@FunctionalInterface
interface PieceStage {
  Pieces apply(Pieces pieces);

  /// What happens to the stretches that a pattern matches.
  enum Behavior {
    /// They are left out.
    REMOVED,
    /// Each is a piece.
    ISOLATED,
    /// Each belongs to the piece before it.
    MERGED_WITH_PREVIOUS,
    /// Each belongs to the piece after it.
    MERGED_WITH_NEXT,
    /// Neighbours are one piece.
    CONTIGUOUS
  }

  /// Finds the start and the end of every match in a piece.
  @FunctionalInterface
  interface Finder {
    IntList matches(int[] text, int from, int to);

    /// Every code point of the set is a match.
    static Finder each(CharSet set) {
      return (text, from, to) -> {
        IntList found = new IntList();
        for (int i = from; i < to; i++) {
          if (set.contains(text[i])) {
            found.add(i);
            found.add(i + 1);
          }
        }
        return found;
      };
    }
  }

  /// What counts as matched.
  enum Matched {
    /// The matches of the pattern.
    MATCHES,
    /// What is between them.
    GAPS
  }

  private static void addUnlessEmpty(IntList bounds, int start, int end) {
    if (start < end) {
      bounds.add(start);
      bounds.add(end);
    }
  }

  /// Cuts with a splitter, which leaves nothing out.
  static PieceStage cut(Splitter splitter) {
    return pieces -> {
      IntList bounds = new IntList();
      IntList ends = new IntList();
      for (int i = 0; i < pieces.count(); i++) {
        ends.clear();
        splitter.split(pieces.text().codePoints(), pieces.start(i), pieces.end(i), ends);
        int start = pieces.start(i);
        for (int k = 0; k < ends.size(); k++) {
          addUnlessEmpty(bounds, start, ends.get(k));
          start = ends.get(k);
        }
      }
      return new Pieces(pieces.text(), bounds, pieces.offset());
    };
  }

  /// Cuts at matches of a pattern.
  static PieceStage split(Finder finder, Matched matched, Behavior behavior) {
    return pieces -> {
      IntList bounds = new IntList();
      for (int i = 0; i < pieces.count(); i++) {
        int start = pieces.start(i);
        int end = pieces.end(i);
        IntList matches = finder.matches(pieces.text().codePoints(), start, end);
        new PatternCut(matches, start, end, matched).write(behavior, bounds);
      }
      return new Pieces(pieces.text(), bounds, pieces.offset());
    };
  }

  /// Puts a code point before pieces that do not begin with it.
  ///
  /// @param which whether only a piece from the very start of the original text gets one
  static PieceStage prefix(int codePoint, Which which) {
    return pieces -> {
      NormalizedText in = pieces.text();
      NormalizedText out = in.another();
      IntList bounds = new IntList();
      boolean changed = false;
      int at = pieces.count() == 0 ? 0 : pieces.start(0);
      for (int i = 0; i < pieces.count(); i++) {
        int start = pieces.start(i);
        boolean wanted = which == Which.EVERY || in.source(start) + pieces.offset() == 0;
        out.addAll(in, at, start);
        int newStart = out.size();
        if (wanted && in.codePoints()[start] != codePoint) {
          out.add(codePoint, in.source(start));
          changed = true;
        }
        out.addAll(in, start, pieces.end(i));
        bounds.add(newStart);
        bounds.add(out.size());
        at = pieces.end(i);
      }
      if (!changed) {
        return pieces;
      }
      out.end(in.source(at));
      return new Pieces(out, bounds, pieces.offset());
    };
  }

  /// The pieces that get a prefix.
  enum Which {
    EVERY,
    FIRST_OF_TEXT
  }

  /// Writes one code point as another.
  static PieceStage replace(int from, int to) {
    return pieces -> {
      int[] text = pieces.text().codePoints();
      for (int piece = 0; piece < pieces.count(); piece++) {
        for (int i = pieces.start(piece); i < pieces.end(piece); i++) {
          if (text[i] == from) {
            text[i] = to;
          }
        }
      }
      return pieces;
    };
  }

  /// Writes every byte as the character that stands for it in GPT-2's alphabet.
  static PieceStage byteLevel() {
    NormalizerStep step = NormalizerStep.byteLevel();
    return pieces -> {
      NormalizedText out = pieces.text().another();
      IntList bounds = new IntList();
      for (int i = 0; i < pieces.count(); i++) {
        NormalizedText piece = pieces.text().another();
        piece.addAll(pieces.text(), pieces.start(i), pieces.end(i));
        piece.end(pieces.text().source(pieces.end(i)));
        bounds.add(out.size());
        NormalizedText bytes = piece.another();
        step.apply(piece, bytes);
        out.addAll(bytes, 0, bytes.size());
        bounds.add(out.size());
        out.end(bytes.source(bytes.size()));
      }
      return new Pieces(out, bounds, pieces.offset());
    };
  }

  /// Stages one after the other.
  static Pieces all(List<PieceStage> stages, Pieces pieces) {
    Pieces at = pieces;
    for (PieceStage stage : stages) {
      at = stage.apply(at);
    }
    return at;
  }
}
