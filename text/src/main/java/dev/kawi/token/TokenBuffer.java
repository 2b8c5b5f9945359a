package dev.kawi.token;

import java.util.Arrays;
import java.util.OptionalInt;

/// The tokens that an encoding has given so far, each with the bytes of normalized text that it
/// stands for, counted from the last [#startText].
final class TokenBuffer {
  private static final int NONE = -1;

  private int[] ids = new int[32];
  private int[] starts = new int[32];
  private int[] ends = new int[32];
  private int size;
  private int position;
  private int openUnknown = NONE;
  private int unknowns;

  /// Begins another stretch of text: positions count from 0 again.
  void startText() {
    position = 0;
    openUnknown = NONE;
  }

  void add(int id, int length) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, size * 2);
      starts = Arrays.copyOf(starts, size * 2);
      ends = Arrays.copyOf(ends, size * 2);
    }
    ids[size] = id;
    starts[size] = position;
    position += length;
    ends[size++] = position;
    openUnknown = NONE;
  }

  /// Adds the token for what is in no vocabulary; a run of it is one token. Without such a token it
  /// is left out.
  void addUnknown(OptionalInt id, int length) {
    unknowns++;
    if (id.isEmpty()) {
      position += length;
    } else if (openUnknown != NONE) {
      position += length;
      ends[openUnknown] = position;
    } else {
      add(id.getAsInt(), length);
      openUnknown = size - 1;
    }
  }

  /// Leaves out bytes that give no token, and ends a run of unknown ones.
  void skip(int length) {
    position += length;
    openUnknown = NONE;
  }

  /// Ends a run of unknown bytes.
  void endUnknown() {
    openUnknown = NONE;
  }

  /// Counts the bytes of tokens from this one on in another text.
  ///
  /// @param places for each byte of the text in which they are counted, and its end, the byte of
  ///   the other one
  void rebase(int from, int[] places, int offset) {
    for (int i = from; i < size; i++) {
      starts[i] = offset + places[starts[i]];
      ends[i] = offset + places[ends[i]];
    }
  }

  /// Adds a token at these bytes.
  void addAt(int id, int start, int end) {
    add(id, 0);
    starts[size - 1] = start;
    ends[size - 1] = end;
  }

  /// How often something unknown was added, joined or not.
  int unknowns() {
    return unknowns;
  }

  int size() {
    return size;
  }

  int id(int index) {
    return ids[index];
  }

  int start(int index) {
    return starts[index];
  }

  int end(int index) {
    return ends[index];
  }

  int[] ids(int from) {
    return Arrays.copyOfRange(ids, from, size);
  }

  int[] lengths(int from) {
    int[] lengths = new int[size - from];
    Arrays.setAll(lengths, i -> ends[from + i] - starts[from + i]);
    return lengths;
  }
}
