package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.hub.Catalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The page that `kawi map --html` writes.
class MapPageTest {
  private static final Catalogue CATALOGUE = Catalogue.load();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path folder;

  /// The JSON in the element with this id, as a browser would find it.
  private static JsonNode embedded(String page, String id) {
    String start = "<script type=\"application/json\" id=\"%s\">".formatted(id);
    int from = page.indexOf(start) + start.length();
    return JSON.readTree(page.substring(from, page.indexOf("</script>", from)));
  }

  private static Catalogue.Family family(String id, String name, List<Catalogue.Model> models) {
    return new Catalogue.Family(
        id,
        name,
        "Group",
        "Org",
        null,
        null,
        null,
        List.of("en"),
        null,
        null,
        null,
        null,
        "https://example.org",
        List.of(),
        models);
  }

  private static Catalogue.Model model(String name, String from) {
    return new Catalogue.Model(
        name,
        "chat",
        7_000_000_000L,
        null,
        null,
        null,
        List.of(),
        null,
        from.isEmpty() ? null : from,
        null,
        null,
        null,
        null,
        null,
        List.of());
  }

  private static Set<String> matches(String pattern, String text) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  @Test
  void page_hasEveryFamilyOnceWithAllItsModels() {
    JsonNode data = embedded(MapPage.of(CATALOGUE), "data");
    List<String> ids = new ArrayList<>();
    int models = 0;
    for (JsonNode family : data.get("families")) {
      ids.add(family.get("id").asString());
      models += family.get("models").size();
    }
    assertEquals(CATALOGUE.families().stream().map(Catalogue.Family::id).toList(), ids);
    assertEquals(CATALOGUE.entries().count(), models);
    assertEquals(CATALOGUE.dataSets().size(), data.get("dataSets").size());
    assertTrue(JSON.writeValueAsString(data.get("dataSets")).contains("SkyPile-150B"));
    assertTrue(JSON.writeValueAsString(data.get("runs")).contains("\"qwen2\""));
    assertTrue(JSON.writeValueAsString(data.get("runs")).contains("\"gemma-embedding\""));
    assertEquals("Q4_K_M", data.get("quantizations").get(3).get("name").asString());
  }

  @Test
  void page_isOneFileWithoutTheNet() {
    String page = MapPage.of(CATALOGUE);
    assertTrue(page.startsWith("<!DOCTYPE html>"));
    assertTrue(page.contains("default-src 'none'"));
    assertFalse(page.contains("{{"), "a place in the page was not filled");
    String frame = page.replaceAll("(?s)<script type=\"application/json\".*?</script>", "");
    assertEquals(Set.of("#map"), matches("(?:href|src)=\"([^\"]*)\"", frame));
    assertFalse(frame.contains("innerHTML") || frame.contains("insertAdjacentHTML"));
  }

  @Test
  void textOfTheCatalogue_cannotEndTheElementItIsIn() {
    String evil = "</script><img src=x onerror=alert(1)> <!-- <script> {{texts}}";
    Catalogue catalogue = new Catalogue(List.of(family("x", evil, List.of())), List.of());
    String page = MapPage.of(catalogue);
    assertEquals(evil, embedded(page, "data").get("families").get(0).get("name").asString());
    assertFalse(page.contains("<img"));
    assertEquals(
        matches("(</?script[^>]*>)", MapPage.of(CATALOGUE)), matches("(</?script[^>]*>)", page));
  }

  @Test
  void lines_goFromTheFamilyThatModelsWereTunedFrom() {
    Catalogue catalogue =
        new Catalogue(
            List.of(
                family("a", "A", List.of(model("A-7B", ""), model("A-7B-Chat", "A-7B"))),
                family("b", "B", List.of(model("B-1", "a-7b"), model("B-2", "A-7B-CHAT"))),
                family("c", "C", List.of(model("C-1", "nobody knows")))),
            List.of());
    assertEquals(List.of(new MapPage.Edge("a", "b")), MapPage.edges(catalogue));
    assertTrue(
        MapPage.edges(CATALOGUE)
            .containsAll(
                List.of(
                    new MapPage.Edge("qwen2.5", "deepseek-r1-distill"),
                    new MapPage.Edge("llama1", "alpaca"))));
  }

  @Test
  void languages_haveTheSameTextsAndAllThatThePageAsksFor() {
    JsonNode texts = embedded(MapPage.of(CATALOGUE), "texts");
    Set<String> english = new TreeSet<>(texts.get("en").propertyNames());
    assertEquals(english, new TreeSet<>(texts.get("zh").propertyNames()));
    Set<String> asked = matches("data-text=\"([^\"]*)\"", MapPage.resource("page.html"));
    asked.addAll(matches("text\\(\"(\\w+)\"", MapPage.resource("page.js")));
    Stream.of(Catalogue.Kind.values()).forEach(kind -> asked.add("kind." + kind.word()));
    assertTrue(english.containsAll(asked), asked + " are not all in " + english);
    for (String key : english) {
      assertEquals(
          matches("(\\{\\d})", texts.get("en").get(key).asString()),
          matches("(\\{\\d})", texts.get("zh").get(key).asString()),
          key);
    }
  }

  @Test
  void kinds_haveAColourEach() {
    Set<String> colours = matches("--(\\w+): #", MapPage.resource("page.css"));
    for (Catalogue.Kind kind : Catalogue.Kind.values()) {
      assertTrue(colours.contains(kind.word()), kind.word());
    }
  }

  @Test
  void linesOfDescent_areThoseOfOneCard_unlessAllAreAskedFor() {
    String page = MapPage.of(new Catalogue(List.of(), List.of()));
    assertTrue(page.contains("<input id=\"lines\" type=\"checkbox\">"));
    assertTrue(page.contains("const focus = hovered || state.family;"));
    assertTrue(page.contains("if ((isKin || all) && a.width && b.width)"));
  }

  @Test
  void html_isWrittenInPlaceOfAnOldPageOrPrinted() throws IOException {
    Path file = Files.writeString(folder.resolve("map.html"), "old");
    CommandLineRun refused = CommandLineRun.of("map", "deepseek", "--html", file.toString());
    assertEquals(1, refused.exitCode());
    assertTrue(refused.err().contains("is there already"), refused.err());
    assertEquals("old", Files.readString(file));
    CommandLineRun run = CommandLineRun.of("map", "deepseek", "--html", file.toString(), "--force");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("written: " + file), run.err());
    String page = Files.readString(file);
    assertTrue(embedded(page, "data").get("families").size() > 3);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    assertEquals(page, CommandLineRun.of("map", "deepseek", "--html", "-").out());
  }

  @Test
  void html_thatCannotBeWritten_isRefusedInWords() {
    for (Path wrong : List.of(folder, folder.resolve("missing/map.html"))) {
      CommandLineRun run = CommandLineRun.of("map", "--html", wrong.toString());
      assertEquals(1, run.exitCode());
      assertTrue(run.err().contains(wrong.toString()), run.err());
    }
  }
}
