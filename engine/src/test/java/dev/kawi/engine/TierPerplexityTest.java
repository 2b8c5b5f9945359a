package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The perplexity of a text is the same in every tier and at any number of threads.
@Tag("data")
class TierPerplexityTest {
  private static final int CHARACTERS = 6000;
  private static final String KERNELS = "kawi.kernels";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"stories260K.gguf", "stories260K-q8_0-mix.gguf", "stories260K-bf16.gguf"})
  void trainedModel_isEquallyPerplexedInEveryTier(String file) throws IOException {
    assertAllEqual(Stories.folder().resolve(file));
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q4_K", "Q6_K", "IQ4_XS"})
  void randomModel_isEquallyPerplexedInEveryTier(StorageType type) throws IOException {
    Path file = folder.resolve("random.gguf");
    new RandomModel(RandomShape.named("tiny-llama"), type, 3).write(file);
    assertAllEqual(file);
  }

  private static void assertAllEqual(Path file) throws IOException {
    Map<String, Double> found = new LinkedHashMap<>();
    for (String tier : tiers()) {
      for (int threads : new int[] {1, 2}) {
        found.put(tier + " on " + threads, perplexity(file, tier, threads));
      }
    }
    double expected = found.values().iterator().next();
    found.forEach((name, perplexity) -> assertEquals(expected, perplexity, 1e-9, name));
  }

  /// What this machine can run; what it cannot is refused with the reason (KernelProviderTest).
  private static List<String> tiers() {
    return Stream.of("scalar", "vector", "avx2", "avx512")
        .filter(tier -> KernelProvider.refusal(tier).isEmpty())
        .toList();
  }

  private static double perplexity(Path file, String tier, int threads) throws IOException {
    String before = System.getProperty(KERNELS, "");
    System.setProperty(KERNELS, tier);
    EngineOptions options = EngineOptions.defaults().withThreads(threads).withContextLength(512);
    try (Model model = Model.load(file, options)) {
      return Perplexity.of(model, text(), 128, 4, Perplexity.Convention.LLAMA_CPP, part -> {})
          .perplexity();
    } finally {
      System.setProperty(KERNELS, before);
    }
  }

  private static String text() throws IOException {
    Path file =
        Path.of(System.getProperty("kawi.data"), "finetune", "wikitext-2-raw", "wiki.test.raw");
    return Files.readString(file).substring(0, CHARACTERS);
  }
}
