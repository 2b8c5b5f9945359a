package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TemplateRunnerTest {
  private static List<Map<String, String>> run(String template, String json) {
    return TemplateRunner.run(
            template, TemplateRunner.contexts(json), LocalDateTime.parse("2024-07-26T12:00:00"))
        .stream()
        .map(TemplateRunner::plain)
        .toList();
  }

  @Test
  void contexts_areOneObjectOrSeveral() {
    assertEquals(List.of(Map.of("text", "1")), run("{{ a }}", "{\"a\": 1}"));
    assertEquals(
        List.of(Map.of("text", "1"), Map.of("text", "None")),
        run("{{ a }}", "[{\"a\": 1}, {\"a\": null}]"));
  }

  @Test
  void numbers_areReadAsPythonReadsThem() {
    String json = "{\"a\": [1, 1.0, 1e2, 12345678901234567890, -0.0, NaN]}";
    assertEquals(
        List.of(Map.of("text", "[1, 1.0, 100.0, 12345678901234567890, -0.0, nan]")),
        run("{{ a }}", json));
  }

  @Test
  void failures_standBesideSuccesses() {
    assertEquals(
        List.of(
            Map.of("text", "2024-07-26"),
            Map.of("error", "chat template, line 1: the template says: no")),
        run(
            "{{ raise_exception('no') if bad }}{{ strftime_now('%Y-%m-%d') }}",
            "[{}, {\"bad\": true}]"));
    assertEquals(
        List.of(Map.of("error", "chat template, line 1: Encountered unknown tag 'x'.")),
        run("{% x %}", "{}"));
  }

  @Test
  void contextsThatAreNoVariables_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> TemplateRunner.contexts("[1]"));
    assertThrows(IllegalArgumentException.class, () -> TemplateRunner.contexts("null"));
    assertThrows(IllegalArgumentException.class, () -> TemplateRunner.contexts("{"));
  }
}
