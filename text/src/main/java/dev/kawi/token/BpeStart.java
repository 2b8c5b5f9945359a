package dev.kawi.token;

import java.util.Arrays;

/// What a word begins as in the BPE of Hugging Face's tokenizers: every unit (a byte or a
/// character) is a token; one that is none becomes the tokens of its bytes, or the token for what
/// is unknown, or is gone, so that its neighbours may merge.
final class BpeStart implements MergeModel.Start {
  /// What a word is cut into.
  enum Unit {
    BYTE,
    CHARACTER
  }

  /// Whether neighbours that are unknown are one.
  enum Unknowns {
    JOINED,
    SINGLE
  }

  private static final int NONE = -1;

  private final Unit unit;
  private final byte[] prefix;
  private final byte[] suffix;
  private final int[] byteTokens;
  private final int unknown;
  private final Unknowns unknowns;

  /// @param prefix what goes before every unit but the first to find its token
  /// @param suffix what goes behind the last one
  /// @param byteTokens the token for every byte; none is used unless all bytes of a unit have one
  /// @param unknown the token for what is unknown, or -1
  BpeStart(
      Unit unit, String prefix, String suffix, int[] byteTokens, int unknown, Unknowns unknowns) {
    this.unit = unit;
    this.prefix = Utf8.bytes(prefix);
    this.suffix = Utf8.bytes(suffix);
    this.byteTokens = byteTokens.clone();
    this.unknown = unknown;
    this.unknowns = unknowns;
  }

  @Override
  public int most(int length) {
    return length * (1 + prefix.length) + suffix.length + 1;
  }

  @Override
  public void fill(byte[] word, int length, PieceTable pieces, MergeModel.Symbols chain) {
    int open = NONE; // where the unknown part begins that is not written yet
    for (int at = 0; at < length; ) {
      int end = unit == Unit.BYTE ? at + 1 : Math.min(length, at + Utf8.length(word[at]));
      int symbol = find(word, at, end, length, pieces);
      if (symbol != PieceTable.ABSENT) {
        if (open != NONE) {
          chain.add(unknown, open);
          open = NONE;
        }
        chain.add(symbol, at);
      } else if (!addBytes(word, at, end, length, chain) && unknown != NONE) {
        if (open != NONE && unknowns == Unknowns.SINGLE) {
          chain.add(unknown, open);
          open = NONE;
        }
        open = open == NONE ? at : open;
      }
      at = end;
    }
    if (open != NONE) {
      chain.add(unknown, open);
    }
  }

  private int find(byte[] word, int at, int end, int length, PieceTable pieces) {
    if (prefix.length == 0 && suffix.length == 0) {
      return pieces.find(word, at, end);
    }
    byte[] whole = spelled(word, at, end, length);
    return pieces.find(whole, 0, whole.length);
  }

  private byte[] spelled(byte[] word, int at, int end, int length) {
    int before = at == 0 ? 0 : prefix.length;
    byte[] whole = new byte[before + end - at + (end == length ? suffix.length : 0)];
    System.arraycopy(prefix, 0, whole, 0, before);
    System.arraycopy(word, at, whole, before, end - at);
    System.arraycopy(suffix, 0, whole, before + end - at, whole.length - before - (end - at));
    return whole;
  }

  private boolean addBytes(byte[] word, int at, int end, int length, MergeModel.Symbols chain) {
    if (byteTokens.length == 0) {
      return false;
    }
    byte[] bytes = spelled(word, at, end, length);
    for (byte b : bytes) {
      if (byteTokens[b & 0xFF] < 0) {
        return false;
      }
    }
    for (int i = 0; i < bytes.length; i++) {
      chain.add(byteTokens[bytes[i] & 0xFF], Math.min(end - 1, at + i));
    }
    return true;
  }

  /// No token for any byte.
  static int[] noBytes() {
    return new int[0];
  }

  /// Whether what this gives for a word is what it gives for the word's parts.
  boolean isLocal() {
    boolean allBytes =
        byteTokens.length == 256 && Arrays.stream(byteTokens).allMatch(id -> id >= 0);
    boolean known = byteTokens.length == 0 ? unknown != NONE : allBytes;
    return known && prefix.length == 0 && suffix.length == 0;
  }
}
