package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Templates of real models, against text that Jinja2 3.1.6 and llama.cpp rendered.
@Tag("data")
class TemplateDataTest {
  private static final Path FOLDER = Path.of(System.getProperty("kawi.data"), "templates");
  private static final LocalDateTime NOW = LocalDateTime.parse("2024-07-26T12:00:00");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Map<?, ?> map(JsonNode node) {
    return JSON.convertValue(node, Map.class);
  }

  private static String render(String source, Map<?, ?> variables) {
    Map<String, Object> named = new HashMap<>();
    variables.forEach((name, value) -> named.put((String) name, value));
    return ChatTemplate.parse(source).render(named, NOW).text();
  }

  @Test
  void realTemplates_renderAsJinja2Does() throws IOException {
    JsonNode contexts =
        JSON.readTree(Files.readString(FOLDER.resolve("contexts/all_contexts.json")));
    List<Executable> checks = new ArrayList<>();
    for (String line : Files.readAllLines(FOLDER.resolve("goldens.jsonl"))) {
      JsonNode golden = JSON.readTree(line);
      String source = Files.readString(FOLDER.resolve(golden.path("template").asString()));
      Map<Object, Object> variables = new HashMap<>();
      variables.put("bos_token", contexts.path("bos_token").asString());
      variables.put("eos_token", contexts.path("eos_token").asString());
      variables.putAll(map(contexts.path("contexts").path(golden.path("context").asString())));
      String name = golden.path("template").asString() + " " + golden.path("context").asString();
      if (golden.has("output")) {
        checks.add(
            () -> assertEquals(golden.path("output").asString(), render(source, variables), name));
      } else if (golden.path("error").asString().startsWith("TemplateError")) {
        checks.add(() -> assertRaises(golden.path("error").asString(), source, variables));
      }
    }
    assertEquals(69, checks.size());
    assertAll(checks);
  }

  private static void assertRaises(String error, String source, Map<?, ?> variables) {
    TemplateException e = assertThrows(TemplateException.class, () -> render(source, variables));
    assertEquals(TemplateException.Kind.RAISED, e.kind());
    assertEquals(error, "TemplateError: " + e.reason());
  }

  @Test
  void templatesThatLlamaCppTests_renderAsItExpects() throws IOException {
    JsonNode suite = JSON.readTree(Files.readString(FOLDER.resolve("llama_cpp_cases.json")));
    List<Executable> checks = new ArrayList<>();
    for (JsonNode test : suite.path("cases")) {
      if (test.path("jinja2_matches_expected").asBoolean()) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("messages", JSON.convertValue(suite.path("messages"), List.class));
        variables.put("add_generation_prompt", suite.path("add_generation_prompt").asBoolean());
        variables.put("bos_token", test.path("bos_token").asString());
        variables.put("eos_token", test.path("eos_token").asString());
        String jinja = test.path("expected_output_jinja").asString();
        String expected = jinja.isEmpty() ? test.path("expected_output").asString() : jinja;
        checks.add(() ->
            assertEquals(
                expected,
                render(test.path("template_str").asString(), variables),
                test.path("name").asString()));
      }
    }
    assertEquals(14, checks.size());
    assertAll(checks);
  }
}
