package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The compiled normalization rules of a SentencePiece model: which byte strings are replaced by
/// which.
///
/// The format is a double array (Darts-clone): a trie whose node is a 32-bit unit with the byte
/// that leads to it in bits 0-7, a flag in bit 8 that a string ends here, and the offset to its
/// children in bits 10-30 (times 256 if bit 9 is set); the child for byte `b` is the unit at `node
/// ^ offset ^ b`. The child of an ending node at byte 0 holds, in bits 0-30, where the replacement
/// lies in the block of zero-terminated strings that follows.
final class Charsmap {
  /// Replaces nothing.
  static final Charsmap NONE = new Charsmap(new int[0], new byte[0]);

  private final int[] units;
  private final byte[] replacements;

  private Charsmap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /// Reads the rules from their binary form, which may be empty.
  static Charsmap parse(byte[] blob) {
    if (blob.length == 0) {
      return NONE;
    }
    ByteBuffer buffer = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
    int trieBytes = blob.length < 4 ? -1 : buffer.getInt();
    if (trieBytes < 0 || trieBytes % 4 != 0 || trieBytes > blob.length - 4) {
      throw new ModelFormatException(
          "tokenizer: the normalization table must begin with the size of its trie, found %d in a"
                  .formatted(trieBytes)
              + " table of %d bytes; is the file complete?".formatted(blob.length));
    }
    int[] units = new int[trieBytes / 4];
    buffer.asIntBuffer().get(units);
    return new Charsmap(units, Arrays.copyOfRange(blob, 4 + trieBytes, blob.length));
  }

  /// Finds the longest rule that applies at `text[at]`: its length in the upper half, where its
  /// replacement begins in the lower half; 0 if there is none.
  long match(byte[] text, int at, int to) {
    return match(text, at, to, Which.LONGEST);
  }

  /// Where the replacement of the shortest rule begins that applies at the start of the text, or
  /// -1.
  int shortest(byte[] text) {
    long match = match(text, 0, text.length, Which.SHORTEST);
    return match == 0 ? -1 : (int) match;
  }

  private enum Which {
    SHORTEST,
    LONGEST
  }

  private long match(byte[] text, int at, int to, Which which) {
    long best = 0;
    if (units.length == 0) {
      return best;
    }
    int node = offset(units[0]);
    for (int i = at; i < to && text[i] != 0; i++) {
      int b = text[i] & 0xFF;
      node ^= b;
      if (node >= units.length || (units[node] & 0x800000FF) != b) {
        break;
      }
      int unit = units[node];
      node ^= offset(unit);
      boolean ends = ((unit >>> 8) & 1) != 0;
      if (ends && node < units.length && (units[node] & 0x7FFFFFFF) < replacements.length) {
        best = ((long) (i - at + 1) << 32) | (units[node] & 0x7FFFFFFF);
        if (which == Which.SHORTEST) {
          return best;
        }
      }
    }
    return best;
  }

  /// The replacement that begins here.
  String replacement(int at) {
    int end = at;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    return Utf8.text(replacements, at, end);
  }

  private static int offset(int unit) {
    return ((unit >>> 10) << ((unit & 0x200) >>> 6)) & 0x7FFFFFFF;
  }
}
