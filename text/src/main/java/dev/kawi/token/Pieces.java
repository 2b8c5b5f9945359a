package dev.kawi.token;

/// Text cut into pieces, in ascending order: what stands between two pieces is left out.
///
/// @param text the text
/// @param bounds the first index and the index behind the last of every piece; none is empty
/// @param offset how many bytes of the original text are before this text
record Pieces(NormalizedText text, IntList bounds, int offset) {
  /// The text from `from` to `to` as one piece.
  static Pieces whole(NormalizedText text, int from, int to, int offset) {
    IntList bounds = new IntList();
    bounds.add(from);
    bounds.add(to);
    return new Pieces(text, bounds, offset);
  }

  int count() {
    return bounds.size() / 2;
  }

  int start(int index) {
    return bounds.get(2 * index);
  }

  int end(int index) {
    return bounds.get(2 * index + 1);
  }
}
