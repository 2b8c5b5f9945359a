package dev.kawi.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// 1024 random blocks of each type against gguf-py's `quants.dequantize` (numpy; llama.cpp of
/// 2026), run once. The bytes are splitmix64 of the type's number plus one, little endian; then
/// each f16 scale keeps sign, mantissa and two exponent bits under 0x2000, so that it is neither
/// infinite nor NaN, and F32 and BF16 get the exponent of numbers near one. The last columns are
/// element 0 of block 0, element 5/6 of block 7 and the last element, so that a failure can be seen
/// as a number.
class DequantizeTest {
  private static final int BLOCKS = 1024;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @ParameterizedTest
  @CsvSource({
    "F32,    cc58419f, -0x1.04b982p-1,  0x1.830d2p0,     0x1.368544p0",
    "F16,    0c883673, 0x1.b38p-6,      -0x1.f2p-4,      -0x1.eep-7",
    "Q4_0,   2d6d2390, 0x1.bbd8p-1,     -0x1.21p-4,      0x1.a58p-5",
    "Q4_1,   82770425, -0x1.e418p-4,    -0x1.155p-3,     -0x1.4c4p-7",
    "Q5_0,   f84e4d9d, -0x1.d33p-2,     -0x1.ac8p0,      -0x1.575p-4",
    "Q5_1,   ede13ee2, -0x1.81ep-4,     0x1.84p-2,       0x1.98a2p-2",
    "Q8_0,   2459f210, 0x1.ebcp-1,      0x1.b628p0,      -0x1.ed2fp1",
    "Q2_K,   464cca54, -0x1.ea72p0,     -0x1.39aap0,     -0x1.0a9p-2",
    "Q3_K,   e45cfc1c, -0x1.9ff8p-1,    -0x1.13ccp-1,    -0x1.448p-4",
    "Q4_K,   7d4bd791, -0x1.64256p4,    -0x1.815p-2,     0x1.eeb74p4",
    "Q5_K,   e72d437d, -0x1.6513p1,     -0x1.96d8p1,     0x1.34ap1",
    "Q6_K,   dfcc310d, -0x1.2c0258p5,   0x1.e09a8p2,     -0x1.29a14p4",
    "IQ4_NL, 389d37d6, 0x1.71cp-6,      0x1.dc7cp1,      -0x1.101b8p3",
    "IQ4_XS, 124cc121, -0x1.dc3p6,      -0x1.c2087p5,    0x1.6c188p3",
    "BF16,   6af51b3d, -0x1.d4p0,       -0x1.a8p0,       -0x1.58p0",
    "MXFP4,  577dc213, 0x1.0p-110,      0x1.8p61,        -0x1.0p101",
  })
  void row_equalsGgufPyBitForBit(
      StorageType type, String crc, float first, float middle, float last) {
    try (Arena arena = Arena.ofConfined()) {
      int size = type.blockSize();
      MemorySegment floats = arena.allocate(4L * BLOCKS * size, 4);
      Dequantize.row(type, randomBlocks(arena, type), 0, floats, 0, BLOCKS * size);
      assertEquals(first, floats.get(FLOAT, 0));
      assertEquals(middle, floats.get(FLOAT, 4L * (7 * size + size / 2 + size / 3)));
      assertEquals(last, floats.get(FLOAT, 4L * (BLOCKS * size - 1)));
      assertEquals(crc, crc(floats));
    }
  }

  @ParameterizedTest
  @EnumSource(StorageType.class)
  void row_atAnOffset_touchesOnlyItsElements(StorageType type) {
    try (Arena arena = Arena.ofConfined()) {
      int size = type.blockSize();
      MemorySegment blocks = randomBlocks(arena, type);
      MemorySegment all = arena.allocate(4L * 3 * size, 4);
      Dequantize.row(type, blocks, 0, all, 0, 3 * size);
      MemorySegment one = arena.allocate(4L * (size + 2), 4).fill((byte) 7);
      Dequantize.row(type, blocks, type.blockBytes(), one, 4, size);
      assertEquals(-1, all.asSlice(4L * size, 4L * size).mismatch(one.asSlice(4, 4L * size)));
      assertEquals(0x07070707, one.get(ValueLayout.JAVA_INT, 0));
      assertEquals(0x07070707, one.get(ValueLayout.JAVA_INT, 4L * (size + 1)));
    }
  }

  @Test
  void row_ofHalfABlock_isRefused() {
    MemorySegment memory = MemorySegment.ofArray(new byte[256]);
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Dequantize.row(StorageType.Q8_0, memory, 0, memory, 0, 16));
    assertEquals(
        "Q8_0 holds blocks of 32 elements; 16 is not a whole number of them", error.getMessage());
  }

  @Test
  void f16_subnormalsAndInfinity_areExact() {
    MemorySegment halves =
        MemorySegment.ofArray(new byte[] {1, 0, (byte) 0xFF, 3, 0, 0x7C, 0, -128});
    MemorySegment floats = MemorySegment.ofArray(new byte[16]);
    Dequantize.row(StorageType.F16, halves, 0, floats, 0, 4);
    assertEquals(0x1p-24f, floats.get(FLOAT, 0));
    assertEquals(0x1.ff8p-15f, floats.get(FLOAT, 4));
    assertEquals(Float.POSITIVE_INFINITY, floats.get(FLOAT, 8));
    assertEquals(-0f, floats.get(FLOAT, 12));
  }

  static MemorySegment randomBlocks(Arena arena, StorageType type) {
    MemorySegment bytes =
        new SplitMix64(type.ggmlId() + 1).bytes(arena, BLOCKS * type.blockBytes());
    for (int block = 0; block < bytes.byteSize(); block += type.blockBytes()) {
      switch (type) {
        case F32 -> bound(bytes, block + 3, 0x80, 0x3F);
        case BF16 -> bound(bytes, block + 1, 0x80, 0x3F);
        case F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> boundScales(bytes, block);
        case Q4_1, Q5_1, Q4_K, Q5_K -> boundScales(bytes, block, block + 2);
        case Q2_K -> boundScales(bytes, block + 80, block + 82);
        case Q3_K -> boundScales(bytes, block + 108);
        case Q6_K -> boundScales(bytes, block + 208);
        case MXFP4 -> {}
      }
    }
    return bytes;
  }

  private static void boundScales(MemorySegment bytes, int... scales) {
    for (int at : scales) {
      bound(bytes, at + 1, 0x8F, 0x20);
    }
  }

  private static void bound(MemorySegment bytes, int at, int keep, int set) {
    bytes.set(JAVA_BYTE, at, (byte) ((bytes.get(JAVA_BYTE, at) & keep) | set));
  }

  static String crc(MemorySegment bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.asByteBuffer());
    return "%08x".formatted(crc.getValue());
  }
}
