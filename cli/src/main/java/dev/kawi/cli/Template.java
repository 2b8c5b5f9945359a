package dev.kawi.cli;

import dev.kawi.chat.TemplateRunner;
import dev.kawi.chat.TemplateRunner.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
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
    String variables = TextFile.read(context);
    List<Outcome> outcomes = TemplateRunner.run(source, contexts(variables), time());
    if (!json) {
      outcomes.forEach(outcome -> console.out().println(text(outcome)));
    } else if (variables.stripLeading().startsWith("[")) {
      Json.printLine(console, outcomes.stream().map(TemplateRunner::plain).toList());
    } else {
      Json.printLine(console, TemplateRunner.plain(outcomes.getFirst()));
    }
    return 0;
  }

  private List<Map<String, @Nullable Object>> contexts(String variables) {
    try {
      return TemplateRunner.contexts(variables);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(context + ": " + e.getMessage());
    }
  }

  private static String text(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Success success -> success.rendered().text();
      case Outcome.Failure failure -> throw failure.cause();
    };
  }

  private LocalDateTime time() {
    return now.orElseGet(() -> LocalDateTime.now(ZoneId.systemDefault()));
  }
}
