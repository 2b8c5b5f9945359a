package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Walks the fields of a protobuf message: [#next] moves to a field, then its value is read by the
/// method of its type. What is not asked for is skipped by its wire type.
final class Protobuf {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final ByteBuffer data;
  private final String name;
  private int wireType;
  private int valueStart;

  /// A message; `name` is what errors call it.
  Protobuf(byte[] data, String name) {
    this(ByteBuffer.wrap(data), name);
  }

  private Protobuf(ByteBuffer data, String name) {
    this.data = data.order(ByteOrder.LITTLE_ENDIAN);
    this.name = name;
  }

  /// Moves to the next field and returns its number; 0 at the end of the message.
  int next() {
    if (!data.hasRemaining()) {
      return 0;
    }
    int tag = (int) varint();
    wireType = tag & 7;
    valueStart = data.position();
    if (tag >>> 3 == 0) {
      throw broken("a field number above 0");
    }
    skip();
    return tag >>> 3;
  }

  private void skip() {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> advance(8);
      case BYTES -> advance(varint());
      case FIXED32 -> advance(4);
      default -> throw broken("a known kind of field");
    }
  }

  private void advance(long count) {
    if (count < 0 || count > data.remaining()) {
      throw broken("%d more bytes".formatted(count));
    }
    data.position(data.position() + (int) count);
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (!data.hasRemaining()) {
        throw broken("another byte");
      }
      byte b = data.get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw broken("the end of a number");
  }

  /// The number that the field holds.
  long number() {
    ByteBuffer value = value(VARINT, "a number");
    return new Protobuf(value, name).varint();
  }

  boolean flag() {
    return number() != 0;
  }

  float decimal() {
    return value(FIXED32, "a decimal number").getFloat();
  }

  /// The bytes that the field holds.
  byte[] bytes() {
    ByteBuffer value = value(BYTES, "bytes");
    new Protobuf(value, name).varint();
    byte[] bytes = new byte[value.remaining()];
    value.get(bytes);
    return bytes;
  }

  String text() {
    byte[] bytes = bytes();
    return Utf8.text(bytes, 0, bytes.length);
  }

  /// The message that the field holds.
  Protobuf message() {
    return new Protobuf(bytes(), name);
  }

  private ByteBuffer value(int expected, String what) {
    if (wireType != expected) {
      throw broken(what);
    }
    int length = data.position() - valueStart;
    return data.slice(valueStart, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private ModelFormatException broken(String expected) {
    return new ModelFormatException(
        "tokenizer: %s must have %s at byte %d; is the file complete?"
            .formatted(name, expected, data.position()));
  }
}
