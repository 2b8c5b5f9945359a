package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// 1024 blocks against gguf-py's `quants.quantize` (numpy; llama.cpp of 2026), run once on the
/// floats of [#sample].
class QuantizeTest {
  private static final int COUNT = 32 * 1024;

  @ParameterizedTest
  @CsvSource({
    "F16,  65536, 43ce3800",
    "BF16, 65536, 24b4135e",
    "Q4_0, 18432, b2d58b26",
    "Q4_1, 20480, 97ab7a72",
    "Q5_0, 22528, cdae25e0",
    "Q5_1, 24576, 6a17d467",
    "Q8_0, 34816, 868e83ef",
  })
  void row_equalsGgufPyByteForByte(StorageType type, int bytes, String crc) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocateFrom(ValueLayout.JAVA_FLOAT, sample());
      MemorySegment blocks = arena.allocate(type.bytes(COUNT), 4);
      Quantize.row(type, floats, 0, blocks, 0, COUNT);
      assertEquals(bytes, blocks.byteSize());
      assertEquals(crc, DequantizeTest.crc(blocks));
    }
  }

  @Test
  void q8_0_roundsHalfAwayFromZero() {
    float[] row = new float[32];
    row[0] = 127;
    row[1] = 0.5f;
    row[2] = -0.5f;
    row[3] = 2.5f;
    row[4] = -2.5f;
    MemorySegment block = MemorySegment.ofArray(new byte[34]);
    Quantize.row(StorageType.Q8_0, MemorySegment.ofArray(row), 0, block, 0, 32);
    MemorySegment back = MemorySegment.ofArray(new float[32]);
    Dequantize.row(StorageType.Q8_0, block, 0, back, 0, 32);
    assertEquals(1, back.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
    assertEquals(-1, back.getAtIndex(ValueLayout.JAVA_FLOAT, 2));
    assertEquals(3, back.getAtIndex(ValueLayout.JAVA_FLOAT, 3));
    assertEquals(-3, back.getAtIndex(ValueLayout.JAVA_FLOAT, 4));
  }

  @Test
  void row_withoutEncoder_saysWhichThereAre() {
    MemorySegment memory = MemorySegment.ofArray(new byte[2048]);
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Quantize.row(StorageType.Q4_K, memory, 0, memory, 1024, 256));
    assertTrue(error.getMessage().startsWith("quantize: there is no encoder for Q4_K"));
  }

  /// splitmix64(99): the top 24 bits, made signed, times 2^-20, times 2^-e with e of bits 32 to 34;
  /// then a few blocks of zeros, ties and constants.
  private static float[] sample() {
    SplitMix64 random = new SplitMix64(99);
    float[] floats = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      long bits = random.next();
      float value = ((int) (bits >>> 40) - (1 << 23)) * 0x1p-20f;
      floats[i] = Math.scalb(value, -(int) ((bits >>> 32) & 7));
    }
    for (int i = 0; i < 32; i++) {
      floats[5 * 32 + i] = 0;
      floats[6 * 32 + i] = i - 16;
      floats[7 * 32 + i] = -(i - 16f);
      floats[8 * 32 + i] = (i - 16) * 0.5f;
      floats[9 * 32 + i] = 3.5f;
      floats[10 * 32 + i] =
          i >= 3 && i < 8 ? new float[] {0.5f, 1.5f, 2.5f, -0.5f, -2.5f}[i - 3] : -127;
    }
    return floats;
  }
}
