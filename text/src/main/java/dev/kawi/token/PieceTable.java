package dev.kawi.token;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The byte strings that a model knows, by number: a hash map from bytes to the number, which is
/// looked up with a range of a larger array so that no substring is ever copied.
final class PieceTable {
  static final int ABSENT = -1;

  private byte[] @Nullable [] pieces;
  private int size;
  private int[] slots;
  private int used;
  private int longest;

  /// An empty table for numbers from 0 to `size` - 1; more are added by [#intern].
  PieceTable(int size) {
    this.size = size;
    pieces = new byte[Math.max(8, size)][];
    slots = new int[Integer.highestOneBit(Math.max(8, size)) * 4];
  }

  /// Gives the number these bytes, unless they have one already.
  void put(int number, byte[] piece) {
    int slot = slot(piece, 0, piece.length);
    if (slots[slot] != 0) {
      return;
    }
    pieces[number] = piece;
    slots[slot] = number + 1;
    longest = Math.max(longest, piece.length);
    if (++used * 2L > slots.length) {
      grow();
    }
  }

  /// The number of these bytes, which is a new one if they had none.
  int intern(byte[] piece) {
    int number = find(piece, 0, piece.length);
    if (number != ABSENT) {
      return number;
    }
    if (size == pieces.length) {
      pieces = Arrays.copyOf(pieces, size * 2);
    }
    put(size, piece);
    return size++;
  }

  int find(byte[] bytes, int from, int to) {
    return to - from > longest ? ABSENT : slots[slot(bytes, from, to)] - 1;
  }

  int size() {
    return size;
  }

  private int slot(byte[] bytes, int from, int to) {
    int hash = to - from;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + bytes[i];
    }
    hash *= 0x9E3779B9;
    int mask = slots.length - 1;
    int slot = (hash ^ (hash >>> 15)) & mask;
    while (slots[slot] != 0 && !isAt(slots[slot] - 1, bytes, from, to)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isAt(int number, byte[] bytes, int from, int to) {
    byte[] piece = pieces[number];
    return piece != null && Arrays.equals(piece, 0, piece.length, bytes, from, to);
  }

  private void grow() {
    int[] old = slots;
    slots = new int[old.length * 2];
    for (int entry : old) {
      byte[] piece = entry == 0 ? null : pieces[entry - 1];
      if (piece != null) {
        slots[slot(piece, 0, piece.length)] = entry;
      }
    }
  }
}
