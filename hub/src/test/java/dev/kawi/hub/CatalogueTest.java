package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CatalogueTest {
  private final Catalogue catalogue = Catalogue.load();

  @Test
  void everyRow_isWellFormedAndNamesItsSource() {
    assertEquals(List.of(), catalogue.problems());
  }

  @Test
  void check_findsWhatIsWrong() {
    Catalogue.Model model =
        new Catalogue.Model(
            "m",
            "poet",
            5L,
            7L,
            null,
            null,
            List.of("english"),
            null,
            null,
            "no owner",
            null,
            null,
            null,
            null,
            List.of());
    Catalogue.Family family =
        new Catalogue.Family(
            "f",
            "",
            "g",
            "o",
            null,
            null,
            null,
            List.of(),
            null,
            null,
            null,
            "May",
            "somewhere",
            List.of(),
            List.of(model, model));
    List<String> problems = new Catalogue(List.of(family), List.of()).problems();
    for (String problem :
        List.of(
            "f has no name",
            "f names no page as its source: somewhere",
            "f, m has the unknown kind poet",
            "f, m has too few parameters",
            "f, m has more active parameters than parameters",
            "f was released in no month: May",
            "f, m has languages not in ISO 639-1: [english]",
            "f, m has no OWNER/NAME: no owner",
            "f, m is there twice")) {
      assertTrue(problems.contains(problem), problem + " in " + problems);
    }
  }

  @Test
  void everyFamilyOfTheMap_isThere() {
    Set<String> groups =
        catalogue.families().stream().map(Catalogue.Family::group).collect(Collectors.toSet());
    for (String group :
        List.of(
            "GLM",
            "Baichuan",
            "InternLM",
            "Qwen",
            "Skywork",
            "Yi",
            "Ziya",
            "OpenBuddy",
            "LLaMA",
            "Mistral",
            "SmolLM",
            "CodeFuse",
            "CodeShell",
            "StarCoder",
            "DeepSeek",
            "Domain",
            "Gemma",
            "Phi",
            "Falcon",
            "Command R",
            "OLMo",
            "Granite",
            "MiniCPM",
            "Hunyuan",
            "BERT",
            "BGE",
            "GTE",
            "Reranker")) {
      assertTrue(groups.contains(group), group);
    }
    Set<String> ids =
        catalogue.families().stream().map(Catalogue.Family::id).collect(Collectors.toSet());
    assertTrue(ids.containsAll(Set.of("finglm", "tongyi-finance", "gpt-oss", "qwen3-embedding")));
    assertTrue(catalogue.dataSets().stream().anyMatch(set -> set.id().equals("skypile-150b")));
  }

  @Test
  void model_isFoundWithWhatItsFamilySays() {
    Catalogue.Entry entry = catalogue.find("qwen2.5-0.5b-instruct").orElseThrow();
    assertEquals("chat", entry.model().kind());
    assertEquals(Optional.of("qwen2"), entry.architecture());
    assertEquals(Optional.of("Apache-2.0"), entry.licence());
    assertTrue(entry.model().repository().isPresent());
  }

  @Test
  void memory_decidesTheQuantization() {
    assertEquals("Q8_0", Quantization.bestFor(7_000_000_000L, 16e9).orElseThrow().name());
    assertEquals("Q4_K_M", Quantization.bestFor(7_000_000_000L, 5.5e9).orElseThrow().name());
    assertEquals(Optional.empty(), Quantization.bestFor(70_000_000_000L, 8e9));
  }
}
