package dev.kawi.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Directories with numbers of 64 bits, as files above 4 GiB have.
class ZipDirectoryTest {
  private static final int DIRECTORY = 100;
  private final ByteBuffer bytes = ByteBuffer.allocate(400).order(ByteOrder.LITTLE_ENDIAN);

  private Map<String, Extent> read() {
    byte[] file = Arrays.copyOf(bytes.array(), bytes.position());
    return ZipDirectory.read(new Source(Path.of("x.bin")), MemorySegment.ofArray(file));
  }

  private String refusal() {
    return assertThrows(ModelFormatException.class, this::read).getMessage();
  }

  /// An entry `a` of eight bytes at 33, whose sizes and place are in the extra field.
  private void writeEntry(long size, long local) {
    bytes.putInt(2, 0x04034b50).put(2 + 26, (byte) 1).put(2 + 30, (byte) 'a');
    bytes.position(DIRECTORY);
    bytes.putInt(0x02014b50).put(new byte[16]).putInt(-1).putInt(-1);
    bytes.putShort((short) 1).putShort((short) (5 + 28)).put(new byte[10]).putInt(-1);
    bytes.put((byte) 'a');
    bytes.putShort((short) 7).putShort((short) 1).put((byte) 9); // another field
    bytes.putShort((short) 1).putShort((short) 24).putLong(size).putLong(size).putLong(local);
  }

  private void writeEnd(long directory) {
    long size = (long) bytes.position() - DIRECTORY;
    long end64 = bytes.position();
    bytes.putInt(0x06064b50).put(new byte[36]).putLong(size).putLong(directory);
    bytes.putInt(0x07064b50).putInt(0).putLong(end64).putInt(1);
    bytes.putInt(0x06054b50).putLong(0).putInt(-1).putInt(-1).putShort((short) 0);
  }

  @Test
  void numbersOf64Bits_areReadFromTheExtraField() {
    writeEntry(8, 2);
    writeEnd(DIRECTORY);
    assertEquals(Map.of("a", new Extent(33, 8)), read());
  }

  @Test
  void numbersThatLeadOutOfTheFile_areRefused() {
    for (long bad : new long[] {1000, -1, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
      bytes.clear();
      writeEntry(bad, 2);
      writeEnd(DIRECTORY);
      assertTrue(refusal().contains("entry a"), refusal());
      bytes.clear();
      writeEntry(8, bad);
      writeEnd(DIRECTORY);
      assertTrue(refusal().contains("entry a"), refusal());
      bytes.clear();
      writeEntry(8, 2);
      writeEnd(bad);
      assertTrue(refusal().contains("directory"), refusal());
    }
  }

  @Test
  void directoryThatIsNotThere_isRefused() {
    writeEntry(8, 2);
    writeEnd(DIRECTORY + 1);
    assertTrue(refusal().contains("breaks off"), refusal());
    bytes.clear();
    bytes.position(100);
    assertTrue(refusal().contains("without a directory"), refusal());
  }
}
