package dev.kawi.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.gguf.ModelFormatException;
import java.lang.foreign.MemorySegment;

/// Goes through a file of a GGML format; each step says what it expects there.
final class GgmlReader {
  private static final int ALIGNMENT = 32;

  private final MemorySegment file;
  private final String name;
  private long position;

  /// Starts at the first byte; `name` appears in messages.
  GgmlReader(MemorySegment file, String name) {
    this.file = file;
    this.name = name;
  }

  long left() {
    return file.byteSize() - position;
  }

  int i32(String what) {
    return slice(4, what).get(LittleEndian.INT, 0);
  }

  float f32(String what) {
    return slice(4, what).get(LittleEndian.FLOAT, 0);
  }

  byte[] bytes(int length, String what) {
    return slice(length, what).toArray(JAVA_BYTE);
  }

  /// A size from `min` to `max`.
  int size(String what, int min, int max) {
    int value = i32(what);
    if (value < min || value > max) {
      throw error(
          "says that %s is %s; expected %d to %d: is it a LLaMA, and the download complete?"
              .formatted(what, Integer.toUnsignedString(value), min, max));
    }
    return value;
  }

  /// The next `bytes` bytes, borrowed.
  MemorySegment slice(long bytes, String what) {
    if (bytes > left()) {
      throw error(
          "ends at byte %d, inside %s, which begins at %d and has %d bytes; is the download complete?"
              .formatted(file.byteSize(), what, position, bytes));
    }
    MemorySegment slice = file.asSlice(position, bytes);
    position += bytes;
    return slice;
  }

  /// Goes to the next multiple of 32 bytes.
  void align(String what) {
    slice(-position & (ALIGNMENT - 1), what);
  }

  ModelFormatException error(String what) {
    return GgmlFormat.error(name, what);
  }
}
