package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShortNameTest {
  private static final Catalogue CATALOGUE = Catalogue.load();

  private static List<String> models(String text) {
    return ShortName.find(CATALOGUE, text).stream()
        .flatMap(name -> name.models().stream())
        .map(entry -> entry.model().name())
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "qwen3:0.6b, Qwen3-0.6B,",
    "gemma3:1b, gemma-3-1b-it,",
    "qwen3:0.6b-q8_0, Qwen3-0.6B, q8_0",
    "qwen3-0.6b:Q8_0, Qwen3-0.6B, Q8_0",
    "llama3.2:1b, Llama-3.2-1B-Instruct,",
    "Qwen3:30b-thinking, Qwen3-30B-A3B-Thinking-2507,",
    "gpt-oss:20b, gpt-oss-20b,",
    "qwen2.5-coder:7b, Qwen2.5-Coder-7B-Instruct,",
    "qwen3:latest, Qwen3-0.6B,",
    "bge-m3, bge-m3,",
  })
  void shortName_meansModelsOfTheCatalogue(String text, String first, String quantization) {
    assertTrue(models(text).contains(first), text + ": " + models(text));
    assertEquals(
        Optional.ofNullable(quantization),
        ShortName.find(CATALOGUE, text).orElseThrow().quantization());
  }

  @Test
  void sizeLeavesOthersOut_andAFamilyHasAllWhoTalk() {
    assertTrue(models("qwen3:0.6b").stream().allMatch(name -> name.contains("0.6B")));
    assertTrue(models("qwen3").containsAll(List.of("Qwen3-8B", "Qwen3-30B-A3B")));
    assertTrue(models("qwen3").stream().noneMatch(name -> name.contains("Base")));
  }

  @ParameterizedTest
  @CsvSource({"qwen9", "model.gguf", "qwen3:0.7b", "a/b", "qwen3:", "../x"})
  void whatTheCatalogueDoesNotHave_isNoShortName(String text) {
    assertEquals(Optional.empty(), ShortName.find(CATALOGUE, text));
  }
}
