package dev.kawi.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.Mutations;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Damaged files give a [ModelFormatException] or a file that can be used: no other exception, no
/// hang, and no more memory than a small multiple of the file.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PytorchFuzzTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final Path DAMAGED = Path.of("damaged.bin");

  /// Damage to all of the file, and to the pickle at its beginning.
  @ParameterizedTest
  @CsvSource({"zip.bin, 4000", "zip.bin, 1500", "legacy.bin, 4000", "legacy.bin, 1500"})
  void randomDamage_isAnErrorOrAWorkingFile(String fixture, int interesting) throws IOException {
    byte[] original = Fixtures.bytes(fixture);
    Mutations mutations = new Mutations(3, interesting);
    int working = 0;
    for (int i = 0; i < 4000; i++) {
      working += use(mutations.mutate(original)) ? 1 : 0;
    }
    assertTrue(working > 10 && working < 3990, working + " of 4000 still work");
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void everyTruncation_isAnError(String fixture) throws IOException {
    byte[] original = Fixtures.bytes(fixture);
    for (int length = 0; length < original.length; length++) {
      assertTrue(!use(Arrays.copyOf(original, length)), "works with " + length + " bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void everyByteSetToAnExtreme_isAnErrorOrAWorkingFile(String fixture) throws IOException {
    byte[] original = Fixtures.bytes(fixture);
    for (int at = 0; at < original.length; at++) {
      for (int value : new int[] {0, 0x7F, 0xFF}) {
        byte[] damaged = original.clone();
        damaged[at] = (byte) value;
        use(damaged);
      }
    }
  }

  /// Opens a file and reads all tensors; returns whether it opened.
  private static boolean use(byte[] bytes) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try (Arena arena = Arena.ofConfined()) {
      PytorchFile file = new PytorchFile(DAMAGED, MemorySegment.ofArray(bytes), arena);
      for (PytorchFile.Entry tensor : file.tensors()) {
        read(file, tensor);
      }
      return true;
    } catch (ModelFormatException e) {
      assertTrue(e.getMessage().startsWith("pytorch: damaged.bin"), e.getMessage());
      return false;
    } finally {
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertTrue(allocated < 40L * bytes.length + (1 << 20), "allocated " + allocated);
    }
  }

  private static void read(PytorchFile file, PytorchFile.Entry tensor) {
    try {
      assertEquals(tensor.size(), file.data(tensor).byteSize());
    } catch (ModelFormatException e) {
      assertTrue(e.getMessage().contains("larger than the file"), e.getMessage());
    }
  }
}
