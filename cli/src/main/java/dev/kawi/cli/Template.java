package dev.kawi.cli;

import dev.kawi.chat.ChatTemplate;
import dev.kawi.chat.TemplateException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi template`: renders a chat template with given variables.
@Command(
    name = "template",
    mixinStandardHelpOptions = true,
    description = "Render a chat template (Jinja) with variables from a JSON file.",
    footer = {
      "",
      "Examples:",
      "  kawi inspect model.gguf --chat-template > template.jinja",
      "  kawi template template.jinja --context context.json",
      "  kawi template template.jinja --context contexts.json --now 2024-07-26T12:00:00 --json",
    })
final class Template implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "T.jinja", description = "The template.")
  private Path template = Path.of("");

  @Option(
      names = "--context",
      required = true,
      paramLabel = "C.json",
      description = "An object with the variables, or an array of such objects.")
  private Path context = Path.of("");

  @Option(
      names = "--now",
      paramLabel = "TIME",
      description = "The time that the template sees, as 2024-07-26T12:00:00 (now).")
  private Optional<LocalDateTime> now = Optional.empty();

  @Option(
      names = "--json",
      description =
          "Print {\"text\": ...} or {\"error\": ...}; an array of them if the context is one.")
  private boolean json;

  Template(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    String source = TextFile.read(template);
    Object variables = Json.read(context, Object.class, "an object or an array of objects");
    if (!json) {
      ChatTemplate parsed = ChatTemplate.parse(source);
      for (Object each : variables instanceof List<?> list ? list : List.of(variables)) {
        console.out().println(parsed.render(object(each), time()).text());
      }
    } else if (variables instanceof List<?> list) {
      Json.printLine(console, list.stream().map(each -> asJson(source, object(each))).toList());
    } else {
      Json.printLine(console, asJson(source, object(variables)));
    }
    return 0;
  }

  private Map<String, String> asJson(String source, Map<String, @Nullable Object> variables) {
    try {
      return Map.of("text", ChatTemplate.parse(source).render(variables, time()).text());
    } catch (TemplateException e) {
      return Map.of("error", String.valueOf(e.getMessage()));
    }
  }

  private Map<String, @Nullable Object> object(@Nullable Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw new CommandFailure(context + " must hold an object or an array of objects");
    }
    Map<String, @Nullable Object> variables = new LinkedHashMap<>();
    map.forEach((key, element) -> variables.put(String.valueOf(key), element));
    return variables;
  }

  private LocalDateTime time() {
    return now.orElseGet(() -> LocalDateTime.now(ZoneId.systemDefault()));
  }
}
