package dev.kawi.cli;

import dev.kawi.engine.Model;
import dev.kawi.explain.Explanation;
import dev.kawi.explain.HtmlView;
import dev.kawi.explain.JsonView;
import dev.kawi.explain.Language;
import dev.kawi.explain.TerminalStyle;
import dev.kawi.explain.TerminalView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `kawi explain`: the six steps from text to text, made visible.
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = {
      "Watch a model think: tokens, embeddings, attention and the best guess of every layer,"
          + " logits, what each sampling filter removed, and the token chosen.",
    },
    footer = {
      "",
      "Examples:",
      "  kawi explain --model model.gguf \"The capital of France is\"",
      "  kawi explain --model model.gguf \"Once upon a time\" -n 3 --html story.html",
      "  kawi explain --model model.gguf \"Once\" --json",
    })
final class ExplainCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final ModelOptions model;
  @Mixin private SamplingFlags sampling = new SamplingFlags();

  @Parameters(paramLabel = "TEXT", description = "The text to continue.")
  private String text = "";

  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      description = "Tokens to choose (1).")
  @Range(min = 1, max = 1000)
  private int maxTokens = 1;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with drawn attention maps.")
  private Optional<Path> html = Optional.empty();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--width", paramLabel = "N", description = "Columns of the terminal (100).")
  @Range(min = 40, max = 1000)
  private int width = 100;

  @Mixin private NewFile files = new NewFile();

  ExplainCommand(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    Language shown = ((Kawi) Objects.requireNonNull(spec).root().userObject()).language();
    html.ifPresent(files::check);
    try (Model loaded = model.load()) {
      Explanation explanation =
          loaded.explain(text, maxTokens, sampling.options(loaded.tokenizer()));
      if (html.isPresent()) {
        files.write(html.get(), HtmlView.render(explanation, shown));
        console.say("written: " + html.get());
      }
      if (json) {
        console.out().println(JsonView.render(explanation));
      } else if (html.isEmpty()) {
        console.out().print(TerminalView.render(explanation, style(shown)));
      }
    }
    return 0;
  }

  private TerminalStyle style(Language shown) {
    boolean colour = console.terminal().out() && System.getenv("NO_COLOR") == null;
    return new TerminalStyle(
        width, colour ? TerminalStyle.Paint.ANSI_256 : TerminalStyle.Paint.PLAIN, shown);
  }
}
