package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.Mutations;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Damaged llama2.c files give a [ModelFormatException] or are imported.
@Tag("data")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class Llama2cFuzzTest {
  private static final Path STORIES =
      Path.of(System.getProperty("kawi.data"), "models", "stories260K");

  @ParameterizedTest
  @ValueSource(strings = {"stories260K.bin", "stories260K_v1.bin"})
  void damagedCheckpoint_isAnErrorOrImported(String name) throws IOException {
    byte[] original = Files.readAllBytes(STORIES.resolve(name));
    Mutations mutations = new Mutations(3, 64);
    int errors = 0;
    for (int i = 0; i < 1000; i++) {
      MemorySegment damaged = MemorySegment.ofArray(mutations.mutate(original));
      errors += fails(() -> Llama2cCheckpoint.parse(damaged, name)) ? 1 : 0;
    }
    assertTrue(errors > 500, errors + " of 1000 are errors");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 512, 32_000, 1 << 24})
  void damagedVocabulary_isAnErrorOrImported(int vocabSize) throws IOException {
    byte[] original = Files.readAllBytes(STORIES.resolve("tok512.bin"));
    Mutations mutations = new Mutations(4, original.length);
    int errors = 0;
    for (int i = 0; i < 1000; i++) {
      MemorySegment damaged = MemorySegment.ofArray(mutations.mutate(original));
      errors += fails(() -> Llama2cTokenizer.parse(damaged, "tok512.bin", vocabSize)) ? 1 : 0;
    }
    assertTrue(errors > 500, errors + " of 1000 are errors");
  }

  private static boolean fails(Runnable parse) {
    try {
      parse.run();
      return false;
    } catch (ModelFormatException e) {
      assertTrue(e.getMessage().startsWith("llama2.c: "), e.getMessage());
      return true;
    }
  }
}
