package dev.kawi.weights;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The layouts of numbers in model files, at any address.
final class LittleEndian {
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}
}
