package dev.kawi.pytorch;

/// The type of a storage: a class of the module `torch`.
enum ElementType implements PickleValue {
  F64("DoubleStorage", 8),
  F32("FloatStorage", 4),
  F16("HalfStorage", 2),
  BF16("BFloat16Storage", 2),
  I64("LongStorage", 8),
  I32("IntStorage", 4),
  I16("ShortStorage", 2),
  I8("CharStorage", 1),
  U8("ByteStorage", 1),
  BOOL("BoolStorage", 1);

  private final String className;
  private final int bytes;

  ElementType(String className, int bytes) {
    this.className = className;
    this.bytes = bytes;
  }

  /// The name of the class in Python.
  String className() {
    return className;
  }

  /// Bytes of an element.
  int bytes() {
    return bytes;
  }
}
