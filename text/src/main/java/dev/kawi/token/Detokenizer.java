package dev.kawi.token;

import java.util.Arrays;

/// Decodes tokens as they come. What it returns never ends within a code point: bytes that may
/// begin one are kept until the next token completes them or shows that they are none. All that it
/// returned, joined, equals what [Tokenizer#decode] gives for all tokens at once.
///
/// For one stream and one thread.
public final class Detokenizer {
  private final Tokenizer tokenizer;
  private byte[] pending = new byte[16];
  private int size;
  private boolean atStart;

  /// `dropsLeadingSpace` says whether the first byte of all, if it is a space, is left out.
  Detokenizer(Tokenizer tokenizer, LeadingSpace leadingSpace) {
    this.tokenizer = tokenizer;
    this.atStart = leadingSpace == LeadingSpace.DROPPED;
  }

  /// What happens to a space before everything else.
  enum LeadingSpace {
    DROPPED,
    KEPT
  }

  /// Takes the next token and returns the text that it completes, perhaps none.
  public String push(int id) {
    return push(tokenizer.bytes(id));
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

  /// Ends the stream and returns what was still kept, as U+FFFD; empty if nothing was.
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
