package dev.kawi.token;

import java.util.Arrays;

/// A trie over bytes, walked one byte at a time from [#ROOT].
final class ByteTrie {
  static final int ROOT = 0;
  static final int NONE = -1;

  private final LongMap children;
  private int[] values = new int[1024];
  private int size = 1;

  ByteTrie(int expectedPieces) {
    children = new LongMap(expectedPieces * 4);
    values[ROOT] = NONE;
  }

  /// Gives this string a value of 0 or more, unless it has one.
  void put(byte[] piece, int value) {
    int node = ROOT;
    for (byte b : piece) {
      int child = child(node, b);
      if (child == NONE) {
        child = addNode();
        children.putIfAbsent(key(node, b), child);
      }
      node = child;
    }
    if (values[node] == NONE) {
      values[node] = value;
    }
  }

  /// The node that this byte leads to, or NONE.
  int child(int node, byte b) {
    return (int) children.get(key(node, b));
  }

  /// The value of the string that ends at this node, or NONE.
  int value(int node) {
    return values[node];
  }

  /// The value of exactly these bytes, or NONE.
  int find(byte[] bytes, int from, int to) {
    int node = ROOT;
    for (int i = from; i < to && node != NONE; i++) {
      node = child(node, bytes[i]);
    }
    return node == NONE ? NONE : value(node);
  }

  private int addNode() {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size] = NONE;
    return size++;
  }

  private static long key(int node, byte b) {
    return ((long) node << 8) | (b & 0xFF);
  }
}
