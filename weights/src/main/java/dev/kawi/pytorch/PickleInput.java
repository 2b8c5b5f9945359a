package dev.kawi.pytorch;

import dev.kawi.gguf.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/// Reads a pickle byte by byte, never past its end.
final class PickleInput {
  private static final int LONGEST_TEXT = 1 << 16;
  private static final int LONGEST_LINE = 256;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble BIG_ENDIAN_DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final Source source;
  private final MemorySegment bytes;
  private long position;

  PickleInput(Source source, MemorySegment bytes) {
    this.source = source;
    this.bytes = bytes;
  }

  /// Bytes that were read.
  long position() {
    return position;
  }

  /// The error for a pickle that cannot be what it should; `what` ends in the cure.
  ModelFormatException wrong(String what) {
    return source.wrong("%s (byte %d of its pickle)".formatted(what, position));
  }

  /// The error for a damaged pickle.
  ModelFormatException damaged(String what) {
    return wrong(what + "; is the file complete?");
  }

  private long take(long count) {
    if (count > bytes.byteSize() - position) {
      throw damaged(
          "has a pickle that ends in the middle, %d more bytes expected".formatted(count));
    }
    long at = position;
    position += count;
    return at;
  }

  /// Skips bytes.
  void skip(int count) {
    take(count);
  }

  /// A byte, from 0 to 255.
  int unsignedByte() {
    return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, take(1)));
  }

  /// Two bytes, from 0 to 65535.
  int unsignedShort() {
    int low = unsignedByte();
    return low | (unsignedByte() << 8);
  }

  /// Four bytes with a sign.
  int signedInt() {
    return bytes.get(INT, take(4));
  }

  /// Four bytes that count something, 2^31 - 1 at most.
  int count() {
    int count = signedInt();
    if (count < 0) {
      throw damaged("has a pickle with a count of %d".formatted(Integer.toUnsignedLong(count)));
    }
    return count;
  }

  /// A number of up to eight bytes with a sign, after a byte with their count.
  long shortLong() {
    int size = unsignedByte();
    if (size > Long.BYTES) {
      throw damaged("has a pickle with a number of %d bytes, at most 8 expected".formatted(size));
    }
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (long) unsignedByte() << (8 * i);
    }
    int unused = Long.SIZE - 8 * size;
    return size == 0 ? 0 : value << unused >> unused;
  }

  /// Eight bytes of a double.
  double bigEndianDouble() {
    return bytes.get(BIG_ENDIAN_DOUBLE, take(Double.BYTES));
  }

  /// A text in UTF-8.
  String text(int size) {
    return text(size, StandardCharsets.UTF_8);
  }

  /// A text of Python 2.
  String latinText(int size) {
    return text(size, StandardCharsets.ISO_8859_1);
  }

  private String text(int size, Charset charset) {
    if (size > LONGEST_TEXT) {
      throw damaged(
          "has a pickle with a text of %d bytes, at most %d expected"
              .formatted(size, LONGEST_TEXT));
    }
    return new String(bytes.asSlice(take(size), size).toArray(ValueLayout.JAVA_BYTE), charset);
  }

  /// A text up to the end of a line.
  String line() {
    StringBuilder line = new StringBuilder();
    for (int next = unsignedByte(); next != '\n'; next = unsignedByte()) {
      if (line.length() == LONGEST_LINE) {
        throw damaged("has a pickle with a name of more than %d bytes".formatted(LONGEST_LINE));
      }
      line.append((char) next);
    }
    return line.toString();
  }
}
