package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Small templates, written by hand and by a seeded grammar, against text and failures of Jinja2
/// 3.1.6; `jinja-goldens.json` says how they were made.
class JinjaGoldenTest {
  static final LocalDateTime NOW = LocalDateTime.parse("2024-07-26T12:00:00");

  static JsonNode goldens() throws IOException {
    try (InputStream in = JinjaGoldenTest.class.getResourceAsStream("jinja-goldens.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in));
    }
  }

  @Test
  void smallTemplates_renderOrFailAsInJinja2() throws IOException {
    JsonNode goldens = goldens();
    Map<String, @Nullable Object> context =
        TemplateRunner.contexts(goldens.path("context").toString()).getFirst();
    List<String> differences = new ArrayList<>();
    for (JsonNode golden : goldens.path("cases")) {
      String template = golden.path("template").asString();
      TemplateRunner.Outcome outcome =
          TemplateRunner.run(template, List.of(context), NOW).getFirst();
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
    assertTrue(goldens.path("cases").size() > 1000);
    assertEquals("", String.join("\n", differences));
  }
}
