package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.cli.Advisor.Advice;
import dev.kawi.explain.Language;
import dev.kawi.hub.Catalogue;
import dev.kawi.hub.GgufFiles;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AdvisorTest {
  private static final Catalogue CATALOGUE = Catalogue.load();

  private static Advice advice(String model, double room, double bandwidth) {
    return new Advisor(room, bandwidth)
        .advice(CATALOGUE.find(model).orElseThrow(), GgufFiles.load())
        .orElseThrow();
  }

  @Test
  void mixture_isAsFastAsItsActiveParameters() {
    Advice mixture = advice("Qwen3-30B-A3B", 64e9, 40e9);
    Advice dense = advice("Qwen3-32B", 64e9, 40e9);
    assertEquals(3_000_000_000L, mixture.activeParameters());
    assertTrue(mixture.isFluent(), mixture.toString());
    assertTrue(!dense.isFluent(), dense.toString());
    assertTrue(mixture.memoryBytes() > 18e9, mixture.toString());
  }

  @Test
  void quantization_isTheBestThatIsStillFluent_orTheSmallest() {
    assertEquals("Q8_0", advice("Qwen3-4B", 64e9, 100e9).quantization());
    assertEquals("Q5_K_M", advice("Qwen3-4B", 64e9, 22e9).quantization());
    assertEquals("Q4_K_M", advice("Qwen3-4B", 64e9, 2e9).quantization());
  }

  @Test
  void onlyQuantizationsThatTheRepositoryHas_areAdvised() {
    assertTrue(GgufFiles.load().has("Qwen/Qwen1.5-72B-Chat-GGUF", "Q8_0").isPresent());
    assertEquals("Q4_K_M", advice("Qwen1.5-72B-Chat", 512e9, 2000e9).quantization());
    Advice named = advice("Llama-3.2-1B-Instruct", 16e9, 4e9);
    assertTrue(named.repository().endsWith("-Q8_0-GGUF"), named.toString());
    assertEquals("Q8_0", named.quantization());
  }

  @Test
  void fluentModelsComeFirst_theBestOfThemFirst() {
    List<Advice> all = new Advisor(24e9, 40e9).advise(CATALOGUE, "chat");
    int fluent = (int) all.stream().takeWhile(Advice::isFluent).count();
    assertTrue(fluent > 5 && all.stream().skip(fluent).noneMatch(Advice::isFluent));
    for (int i = 1; i < fluent; i++) {
      assertTrue(all.get(i - 1).quality() >= all.get(i).quality());
    }
    for (int i = fluent + 1; i < all.size(); i++) {
      assertTrue(all.get(i - 1).tokensPerSecond() >= all.get(i).tokensPerSecond());
    }
  }

  private static double quality(String model) {
    return advice(model, 512e9, 2000e9).quality();
  }

  @Test
  void quality_growsWithSizeAndWithTheMonthOfRelease() {
    assertTrue(quality("Qwen3-8B") > quality("Qwen3-4B"));
    assertTrue(quality("Qwen2.5-7B-Instruct") > quality("Qwen1.5-7B-Chat"));
    assertTrue(quality("Qwen3-8B") > quality("Yi-34B-Chat"), "newer and smaller");
    assertTrue(quality("Qwen3-32B") > quality("Qwen3-30B-A3B"), "dense, of about the same size");
    assertTrue(quality("Qwen3-30B-A3B") > quality("Qwen3-8B"), "a mixture counts all its weights");
  }

  @Test
  void familyWithoutAMonth_countsAsOneOfTheFirst() {
    Catalogue.Entry entry = CATALOGUE.find("Llama-2-7B-Chat").orElseThrow();
    assertEquals(null, entry.family().released());
    double billions = Objects.requireNonNull(entry.model().parameters()) / 1e9;
    assertEquals(Math.log(billions) / Math.log(2), quality("Llama-2-7B-Chat"), 1e-9);
  }

  @Test
  void speedBelowOne_isNotZero() {
    assertEquals("0.37 tokens/s", Recommend.speed(0.371, Texts.of(Language.ENGLISH)));
    assertEquals("3.4 tokens/s", Recommend.speed(3.42, Texts.of(Language.ENGLISH)));
    assertEquals("25 tokens/s", Recommend.speed(25.3, Texts.of(Language.ENGLISH)));
  }
}
