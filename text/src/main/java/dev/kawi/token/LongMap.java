package dev.kawi.token;

import java.util.Arrays;

/// A hash map from non-negative `long` keys to `long` values, by open addressing. What is not there
/// reads as [#ABSENT].
final class LongMap {
  static final long ABSENT = -1;

  private long[] keys;
  private long[] values;
  private int size;

  LongMap(int expected) {
    int capacity = Integer.highestOneBit(Math.max(8, expected) * 2 - 1) * 2;
    keys = new long[capacity];
    values = new long[capacity];
    Arrays.fill(keys, ABSENT);
  }

  long get(long key) {
    return values[slot(key)] - 1;
  }

  /// Puts the value (not below 0) unless the key is there already.
  void putIfAbsent(long key, long value) {
    int slot = slot(key);
    if (keys[slot] == ABSENT) {
      keys[slot] = key;
      values[slot] = value + 1;
      if (++size * 2L > keys.length) {
        grow();
      }
    }
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    long mixed = key * 0x9E3779B97F4A7C15L;
    int slot = (int) (mixed >>> 32) & mask;
    while (keys[slot] != key && keys[slot] != ABSENT) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new long[keys.length];
    Arrays.fill(keys, ABSENT);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != ABSENT) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
