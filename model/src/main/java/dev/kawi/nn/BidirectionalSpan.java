package dev.kawi.nn;

import java.util.List;

/// The beginning of a sequence whose tokens all attend to each other, where a model reads a context
/// in both directions and then generates. What is written stands, in a way, in the place of one
/// token of the context, the mask. Source: arXiv 2103.10360.
///
/// A span is computed in one step, or attention would depend on how it is cut.
///
/// @param length tokens in it; 0 for none
/// @param mask place of the mask in it
public record BidirectionalSpan(int length, int mask) {
  /// None: every token is written.
  public static final BidirectionalSpan NONE = new BidirectionalSpan(0, 0);

  /// Checks the place of the mask.
  public BidirectionalSpan {
    if (length < 0 || mask < 0 || mask > length) {
      throw new IllegalArgumentException(
          "Bug: a span of %d tokens has its mask at %d".formatted(length, mask));
    }
  }

  /// The tokens that delimit a span.
  ///
  /// @param start the first token that is written, after the span
  /// @param masks tokens that what is written takes the place of; the first of these that is in the
  ///   span counts
  public record Marks(int start, List<Integer> masks) {
    /// Copies the list.
    public Marks {
      masks = List.copyOf(masks);
    }

    /// The span of these tokens: those before the first `start`. Tokens without one have no span,
    /// as if `start` stood before them.
    public BidirectionalSpan of(int[] tokens) {
      int length = indexOf(start, tokens, tokens.length);
      return length < 0 ? NONE : new BidirectionalSpan(length, mask(tokens, length));
    }

    /// The mask's place, or the end of a span that has none.
    private int mask(int[] tokens, int length) {
      return masks.stream()
          .mapToInt(mask -> indexOf(mask, tokens, length))
          .filter(at -> at >= 0)
          .findFirst()
          .orElse(length);
    }

    private static int indexOf(int token, int[] tokens, int end) {
      for (int i = 0; i < end; i++) {
        if (tokens[i] == token) {
          return i;
        }
      }
      return -1;
    }
  }
}
