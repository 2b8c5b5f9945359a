package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.Mutations;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Damaged GGML files give a [ModelFormatException] or are converted: no other exception, and no
/// more memory than a small multiple of the file.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class GgmlFuzzTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int MUTATIONS = 2000;

  @ParameterizedTest
  @EnumSource
  void randomDamage_isAnErrorOrConverted(GgmlFormat format) {
    byte[] original = new GgmlFixture(format, StorageType.Q4_0, 1).bytes();
    Mutations mutations = new Mutations(format.title().hashCode(), 4500);
    int errors = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      errors += fails(mutations.mutate(original)) ? 1 : 0;
    }
    assertTrue(errors > MUTATIONS / 2 && errors < MUTATIONS, errors + " are errors");
  }

  @ParameterizedTest
  @EnumSource
  void truncation_isAnError(GgmlFormat format) {
    byte[] original = new GgmlFixture(format, StorageType.Q4_0, 1).bytes();
    for (int length = 0; length < original.length; length += 1 + length / 500) {
      assertTrue(fails(Arrays.copyOf(original, length)), "cut at " + length);
    }
  }

  private static boolean fails(byte[] file) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try (Arena arena = Arena.ofConfined()) {
      GgmlFile parsed = GgmlFile.parse(MemorySegment.ofArray(file), "model.bin");
      parsed.weights(parsed.sizes(2048)).forEach(weight -> weight.tensor().blocks(arena));
      return false;
    } catch (ModelFormatException e) {
      assertTrue(e.getMessage().startsWith("ggml: "), e.getMessage());
      return true;
    } finally {
      long used = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertTrue(used < 200L * file.length + (1 << 20), used + " bytes for " + file.length);
    }
  }
}
