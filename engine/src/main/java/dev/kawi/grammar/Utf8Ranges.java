package dev.kawi.grammar;

/// Cuts ranges of code points into sequences of byte ranges of UTF-8. The method is that of Russ
/// Cox's `utf8.go` in RE2 and of the crate `utf8-ranges`.
final class Utf8Ranges {
  /// Takes a sequence: byte `i` lies between `first[i]` and `last[i]`.
  interface Sink {
    void accept(byte[] first, byte[] last);
  }

  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, Character.MAX_CODE_POINT};

  private Utf8Ranges() {}

  /// Cuts the code points from `first` to `last`, none of which is a surrogate.
  static void split(int first, int last, Sink sink) {
    for (int bound : LAST_OF_LENGTH) {
      if (first <= bound && bound < last) {
        split(first, bound, sink);
        split(bound + 1, last, sink);
        return;
      }
    }
    for (int bits = 6; bits <= 18 && last > 0x7F; bits += 6) {
      int low = (1 << bits) - 1;
      if ((first & ~low) == (last & ~low)) {
        continue;
      }
      if ((first & low) != 0) {
        split(first, first | low, sink);
        split((first | low) + 1, last, sink);
        return;
      }
      if ((last & low) != low) {
        split(first, (last & ~low) - 1, sink);
        split(last & ~low, last, sink);
        return;
      }
    }
    sink.accept(bytes(first), bytes(last));
  }

  static byte[] bytes(int codePoint) {
    if (codePoint < 0x80) {
      return new byte[] {(byte) codePoint};
    }
    int length = codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    byte[] bytes = new byte[length];
    int rest = codePoint;
    for (int i = length - 1; i > 0; i--) {
      bytes[i] = (byte) (0x80 | (rest & 0x3F));
      rest >>= 6;
    }
    bytes[0] = (byte) (((0xF00 >> length) & 0xFF) | rest);
    return bytes;
  }
}
