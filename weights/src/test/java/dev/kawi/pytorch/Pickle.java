package dev.kawi.pytorch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes a pickle instruction by instruction, valid or not.
public final class Pickle {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private Pickle() {}

  /// An empty pickle of protocol 2.
  public static Pickle start() {
    return new Pickle().op(0x80).op(2);
  }

  /// The bytes, with the end.
  public byte[] stop() {
    op('.');
    return bytes.toByteArray();
  }

  Pickle op(int opcode) {
    bytes.write(opcode);
    return this;
  }

  private Pickle raw(byte[] more) {
    bytes.writeBytes(more);
    return this;
  }

  private static byte[] little(int size, long value) {
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return java.util.Arrays.copyOf(buffer.putLong(value).array(), size);
  }

  Pickle text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return op('X').raw(little(4, utf8.length)).raw(utf8);
  }

  Pickle integer(long value) {
    return op(0x8A).op(8).raw(little(8, value));
  }

  Pickle global(String module, String name) {
    return op('c').raw((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
  }

  Pickle stackGlobal() {
    return op(0x93);
  }

  Pickle mark() {
    return op('(');
  }

  Pickle tuple() {
    return op('t');
  }

  Pickle tuple(int size) {
    return size == 0 ? op(')') : op(0x84 + size);
  }

  Pickle emptyDict() {
    return op('}');
  }

  Pickle emptyList() {
    return op(']');
  }

  Pickle append() {
    return op('a');
  }

  Pickle setItem() {
    return op('s');
  }

  Pickle put(int index) {
    return op('q').op(index);
  }

  Pickle get(int index) {
    return op('h').op(index);
  }

  Pickle reduce() {
    return op('R');
  }

  /// A tensor of one dimension in the storage `0` of F32.
  Pickle tensor(long elements, long offset, long size, long stride) {
    global("torch._utils", "_rebuild_tensor_v2").mark();
    storage("FloatStorage", "0", elements).integer(offset);
    integer(size).tuple(1).integer(stride).tuple(1);
    return op(0x89).op(0x7D).tuple().reduce();
  }

  /// A storage of `torch`.
  Pickle storage(String className, String key, long elements) {
    mark().text("storage").global("torch", className).text(key).text("cpu").integer(elements);
    return tuple().op('Q');
  }

  /// A tensor without gaps, which is all of its storage, under its name in the dict below it.
  public Pickle item(String name, String className, String key, long... shape) {
    long elements = 1;
    for (long size : shape) {
      elements *= size;
    }
    text(name).global("torch._utils", "_rebuild_tensor_v2").mark();
    storage(className, key, elements).integer(0).mark();
    for (long size : shape) {
      integer(size);
    }
    tuple().mark();
    long stride = elements;
    for (long size : shape) {
      stride /= size;
      integer(stride);
    }
    return tuple().op(0x89).op(0x7D).tuple().reduce().setItem();
  }

  /// An empty `OrderedDict`.
  public Pickle orderedDict() {
    return global("collections", "OrderedDict").tuple(0).reduce();
  }
}
