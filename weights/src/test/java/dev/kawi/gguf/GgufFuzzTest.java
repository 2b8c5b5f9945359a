package dev.kawi.gguf;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.kawi.kernel.Dequantize;
import dev.kawi.weights.Inspection;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Damaged files give a [ModelFormatException] or a file that can be used: no other exception, no
/// hang, and no more memory than a small multiple of the file.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class GgufFuzzTest {
  private static final int COLUMNS_READ = 1024;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;

  @Test
  void randomDamage_isAnErrorOrAWorkingFile() throws IOException {
    byte[] original = Files.readAllBytes(SampleFiles.write(folder.resolve("a.gguf")));
    Mutations mutations = new Mutations(1, original.length);
    int working = 0;
    for (int i = 0; i < 12_000; i++) {
      working += use(mutations.mutate(original)) ? 1 : 0;
    }
    assertTrue(working > 500 && working < 11_500, working + " of 12000 still work");
  }

  @Test
  void everyTruncation_isAnErrorOrAWorkingFile() throws IOException {
    byte[] original = Files.readAllBytes(SampleFiles.write(folder.resolve("a.gguf")));
    for (int length = 0; length < original.length; length++) {
      use(Arrays.copyOf(original, length));
    }
  }

  @Test
  void everyByteSetToAnExtreme_isAnErrorOrAWorkingFile() throws IOException {
    byte[] original = Files.readAllBytes(SampleFiles.write(folder.resolve("a.gguf")));
    for (int at = 0; at < original.length; at++) {
      for (int value : new int[] {0, 0x7F, 0x80, 0xFF}) {
        byte[] damaged = original.clone();
        damaged[at] = (byte) value;
        use(damaged);
      }
    }
  }

  @ParameterizedTest
  @Tag("data")
  @CsvSource({
    "models/stories260K/stories260K.gguf,         14176, 2000",
    "models/stories260K/stories260K-q4_0-mix.gguf, 14176, 2000",
    "tokenizers/ggml-vocab-bert-bge.gguf,          2000, 300",
    "tokenizers/ggml-vocab-llama-spm.gguf,         2000, 300",
  })
  void randomDamageOfRealFiles_isAnErrorOrAWorkingFile(String name, int header, int count)
      throws IOException {
    byte[] original = Files.readAllBytes(Path.of(System.getProperty("kawi.data")).resolve(name));
    Mutations mutations = new Mutations(2, header);
    for (int i = 0; i < count; i++) {
      use(mutations.mutate(original));
    }
  }

  /// Opens a file and reads a row of each tensor; returns whether it opened.
  private static boolean use(byte[] bytes) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      exercise(GgufFile.of(MemorySegment.ofArray(bytes), "damaged.gguf"));
      return true;
    } catch (ModelFormatException e) {
      assertTrue(e.getMessage().startsWith("gguf: "), e.getMessage());
      return false;
    } finally {
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertTrue(allocated < 40L * bytes.length + (1 << 20), "allocated " + allocated);
    }
  }

  private static void exercise(GgufFile file) {
    for (TensorInfo tensor : file.tensors()) {
      MemorySegment data = tensor.readable() ? file.data(tensor) : MemorySegment.NULL;
      if (tensor.readable() && tensor.cols() <= COLUMNS_READ) {
        MemorySegment row = MemorySegment.ofArray(new float[tensor.cols()]);
        Dequantize.row(tensor.type(), data, 0, row, 0, tensor.cols());
      }
    }
    Inspection.of(file);
  }
}
