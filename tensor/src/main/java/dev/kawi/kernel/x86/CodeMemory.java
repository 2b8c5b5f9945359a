package dev.kawi.kernel.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Memory in which one thread hands arguments to generated code.
public final class CodeMemory {
  private static final int ARGUMENT_BYTES = 256;
  private static final int COLUMN_BYTES = 128;

  private final MemorySegment arguments = Arena.ofAuto().allocate(ARGUMENT_BYTES, 64);
  private final MemorySegment tile = Arena.ofAuto().allocate(4L * 16 * BlockCode.TOKENS_512, 64);

  private final MemorySegment columns = Arena.ofAuto().allocate(COLUMN_BYTES, 64);
  private MemorySegment scores = MemorySegment.NULL;

  /// Sets the argument at this byte.
  void set(int at, long value) {
    arguments.set(ValueLayout.JAVA_LONG, at, value);
  }

  /// Sets the argument at this byte to a float, in the lower half of its word.
  void set(int at, float value) {
    arguments.set(ValueLayout.JAVA_FLOAT, at, value);
  }

  /// Room for at least this many bytes of attention scores.
  MemorySegment scores(long bytes) {
    if (scores.byteSize() < bytes) {
      scores = Arena.ofAuto().allocate(Math.max(bytes, 2 * scores.byteSize()), 64);
    }
    return scores;
  }

  /// Room for two vectors of what is known of columns.
  MemorySegment columns() {
    return columns;
  }

  /// Where the arguments lie.
  long arguments() {
    return arguments.address();
  }

  /// Room for sixteen rows and the largest tile of tokens.
  MemorySegment tile() {
    return tile;
  }
}
