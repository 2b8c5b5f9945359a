package dev.kawi.token;

import java.util.Arrays;
import java.util.function.IntFunction;

/// Joins the bytes of tokens and decodes them: what it returns never ends within a code point.
final class ByteStream implements TextStream {
  private final IntFunction<byte[]> bytesOf;
  private byte[] pending = new byte[16];
  private int size;
  private boolean atStart;

  ByteStream(IntFunction<byte[]> bytesOf, LeadingSpace leadingSpace) {
    this.bytesOf = bytesOf;
    this.atStart = leadingSpace == LeadingSpace.DROPPED;
  }

  /// What happens to a space before everything else.
  enum LeadingSpace {
    DROPPED,
    KEPT
  }

  @Override
  public String push(int id) {
    return push(bytesOf.apply(id));
  }

  String push(byte[] bytes) {
    int from = atStart && bytes.length > 0 && bytes[0] == ' ' ? 1 : 0;
    atStart &= bytes.length == 0;
    int added = bytes.length - from;
    if (size + added > pending.length) {
      pending = Arrays.copyOf(pending, Math.max(size + added, 2 * pending.length));
    }
    System.arraycopy(bytes, from, pending, size, added);
    size += added;
    return take(Utf8.complete(pending, size));
  }

  @Override
  public String finish() {
    return take(size);
  }

  private String take(int count) {
    if (count == 0) {
      return "";
    }
    String text = Utf8.text(pending, 0, count);
    System.arraycopy(pending, count, pending, 0, size - count);
    size -= count;
    return text;
  }
}
