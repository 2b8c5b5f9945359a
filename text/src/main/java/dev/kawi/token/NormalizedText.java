package dev.kawi.token;

import java.util.Arrays;

/// Text as code points after normalization, and, where asked for, the byte of the original text at
/// which each of them began.
final class NormalizedText {
  private int[] codePoints;
  private int[] sources;
  private int size;
  private int sourceEnd;

  private NormalizedText(int capacity, int sourceCapacity) {
    codePoints = new int[capacity];
    sources = new int[sourceCapacity];
  }

  static NormalizedText plain(int capacity) {
    return new NormalizedText(capacity + 8, 0);
  }

  /// Remembers where everything came from.
  static NormalizedText traced(int capacity) {
    return new NormalizedText(capacity + 8, capacity + 8);
  }

  /// Adds a code point that comes from this byte of the original text.
  void add(int codePoint, int source) {
    if (size == codePoints.length) {
      codePoints = Arrays.copyOf(codePoints, size * 2);
    }
    if (sources.length > 0) {
      if (size == sources.length) {
        sources = Arrays.copyOf(sources, size * 2);
      }
      sources[size] = source;
    }
    codePoints[size++] = codePoint;
  }

  /// Adds all of another text, which was traced to a text in between.
  ///
  /// @param places for each byte of the text in between, and its end, the byte of the original text
  void addAll(NormalizedText other, int[] places) {
    for (int i = 0; i < other.size; i++) {
      add(other.codePoints[i], places[other.sources[i]]);
    }
    end(places[other.sourceEnd]);
  }

  /// An empty text that remembers as much as this one does.
  NormalizedText another() {
    return sources.length > 0 ? traced(size) : plain(size);
  }

  /// The byte of the original text from which the code point at this index comes, or at which that
  /// text ended; 0 where it is not remembered.
  int source(int index) {
    return sources.length == 0 ? 0 : index < size ? sources[index] : sourceEnd;
  }

  /// Adds code points of another text with their sources.
  void addAll(NormalizedText other, int from, int to) {
    for (int i = from; i < to; i++) {
      add(other.codePoints[i], other.source(i));
    }
  }

  /// The code points from `from` to `to` as a string.
  String text(int from, int to) {
    return new String(codePoints, from, to - from);
  }

  /// Says where the original text ended.
  void end(int source) {
    sourceEnd = source;
  }

  int[] codePoints() {
    return codePoints;
  }

  int size() {
    return size;
  }

  /// For every byte of the UTF-8 of this text, and for its end, the byte of the original text: the
  /// same one where a character was kept, the edge of its source where it was replaced.
  int[] sourceOfBytes() {
    IntList bytes = new IntList();
    for (int i = 0; i < size; i++) {
      int start = sources[i];
      int end = i + 1 < size ? sources[i + 1] : sourceEnd;
      int length = Utf8.length(codePoints[i]);
      for (int k = 0; k < length; k++) {
        bytes.add(end - start == length ? start + k : k == 0 ? start : end);
      }
    }
    bytes.add(sourceEnd);
    return bytes.toArray();
  }
}
