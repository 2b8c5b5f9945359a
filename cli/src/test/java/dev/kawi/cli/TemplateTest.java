package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplateTest {
  private static final String TEMPLATE =
      """
      {% for m in messages %}
      {% if loop.index > 2 %}{% break %}{% endif %}
      {{ m.role }}: {{ m.content }}
      {% endfor %}
      {{ strftime_now("%Y") }}{% if refuse %}{{ raise_exception("no") }}{% endif %}\
      """;
  private static final String CONTEXT =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"a\", \"content\": \"b\"}, {}]}";

  @TempDir private Path temp;

  @Test
  void object_isRenderedWithTrimmedBlocksAndLoopControls() throws IOException {
    CommandLineRun run = template(CONTEXT, "--now", "2024-07-26T12:00:00");
    assertEquals("user: hi\na: b\n2024\n", run.out());
  }

  @Test
  void jsonOfAnArray_givesTextOrErrorForEach() throws IOException {
    String contexts = "[" + CONTEXT + ", {\"messages\": [], \"refuse\": true}]";
    CommandLineRun run = template(contexts, "--now", "2024-07-26T12:00:00", "--json");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(
        run.out().startsWith("[{\"text\":\"user: hi\\na: b\\n2024\"},{\"error\":\""), run.out());
  }

  @Test
  void jsonOfAnObject_givesAnObject() throws IOException {
    assertEquals(
        "{\"text\":\"2024\"}\n", template("{}", "--now", "2024-01-01T00:00:00", "--json").out());
  }

  @Test
  void refusal_isAFailureInOneLine() throws IOException {
    CommandLineRun run = template("{\"messages\": [], \"refuse\": true}");
    assertEquals(1, run.exitCode());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  private CommandLineRun template(String context, String... options) throws IOException {
    Path template = Files.writeString(temp.resolve("t.jinja"), TEMPLATE);
    Path variables = Files.writeString(temp.resolve("c.json"), context);
    String[] args = new String[options.length + 4];
    System.arraycopy(options, 0, args, 4, options.length);
    args[0] = "template";
    args[1] = template.toString();
    args[2] = "--context";
    args[3] = variables.toString();
    return CommandLineRun.of(args);
  }
}
