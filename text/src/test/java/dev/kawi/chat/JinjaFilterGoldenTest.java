package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Filters that chat templates seldom use, against Jinja2; `jinja-filter-goldens.json` says how the
/// texts were made.
class JinjaFilterGoldenTest {
  private static TemplateRunner.Outcome run(
      String template, Map<String, @Nullable Object> context) {
    return TemplateRunner.run(template, List.of(context), JinjaGoldenTest.NOW).getFirst();
  }

  private static String text(String template) {
    return TemplateRunner.plain(run(template, Map.of())).toString();
  }

  @Test
  void filters_giveOrFailAsInJinja2() throws IOException {
    JsonNode goldens;
    try (InputStream in = getClass().getResourceAsStream("jinja-filter-goldens.json")) {
      goldens = new ObjectMapper().readTree(Objects.requireNonNull(in));
    }
    Map<String, @Nullable Object> context =
        TemplateRunner.contexts(goldens.path("context").toString()).getFirst();
    List<String> differences = new ArrayList<>();
    for (JsonNode golden : goldens.path("cases")) {
      TemplateRunner.Outcome outcome = run(golden.path("template").asString(), context);
      boolean same =
          switch (outcome) {
            case TemplateRunner.Outcome.Success success ->
                golden.path("text").asString("(an error)").equals(success.rendered().text());
            case TemplateRunner.Outcome.Failure failure -> golden.has("error");
          };
      if (!same) {
        differences.add(golden + "\n  here: " + TemplateRunner.plain(outcome));
      }
    }
    assertTrue(goldens.path("cases").size() > 400);
    assertEquals("", String.join("\n", differences));
  }

  @Test
  void secondsSince1970_areThoseOfTheClock() {
    long seconds = JinjaGoldenTest.NOW.atZone(ZoneId.systemDefault()).toEpochSecond();
    String said = text("{{ strftime_now('%s') }}");
    assertTrue(said.contains(String.valueOf(seconds)), said);
  }

  @Test
  void randomItem_isTheSameInEachRendering() {
    String template = "{% for i in range(20) %}{{ range(1000)|random }} {% endfor %}";
    String first = text(template);
    assertEquals(first, text(template));
    assertTrue(first.split(" ").length > 10 && first.chars().distinct().count() > 5, first);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      value = {
        "{{ 'a'.encode() }}@str.encode is not supported in templates",
        "{{ 'a'.translate({}) }}@str.translate is not supported in templates",
        "{{ 'a'|urlize }}@The filter urlize is not supported",
        "{{ 'a' ~ ('b'.format_map({})) }}@str.format_map is not supported in templates",
      })
  void whatIsNotSupported_isRefusedByName(String template, String message) {
    String said = text(template);
    assertTrue(said.contains(message), said);
  }
}
