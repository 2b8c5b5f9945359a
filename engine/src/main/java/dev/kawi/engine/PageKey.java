package dev.kawi.engine;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// What the content of a page depends on, as a hash: SHA-256 over the key of the page before it and
/// its tokens. The first page follows a root, which depends on all else: the model, the adapter,
/// the storage of keys and values, the salt of the request, and what is read in both directions.
/// Equal keys mean equal content.
record PageKey(long first, long second, long third, long fourth) {
  /// The root of everything that depends on these bytes.
  static PageKey root(byte[] context) {
    return of(sha256().digest(context));
  }

  /// The key of a page that follows this one and holds `count` tokens from `from`.
  PageKey chain(int[] tokens, int from, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * 4 + Integer.BYTES * count);
    bytes.put(bytes());
    for (int i = from; i < from + count; i++) {
      bytes.putInt(tokens[i]);
    }
    return of(sha256().digest(bytes.array()));
  }

  /// The key with these 32 bytes.
  static PageKey of(byte[] digest) {
    ByteBuffer bytes = ByteBuffer.wrap(digest);
    return new PageKey(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  /// Its 32 bytes.
  byte[] bytes() {
    return ByteBuffer.allocate(Long.BYTES * 4)
        .putLong(first)
        .putLong(second)
        .putLong(third)
        .putLong(fourth)
        .array();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Bug: every Java platform has SHA-256", e);
    }
  }
}
