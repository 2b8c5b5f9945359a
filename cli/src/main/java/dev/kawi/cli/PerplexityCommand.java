package dev.kawi.cli;

import dev.kawi.engine.Model;
import dev.kawi.engine.Perplexity;
import dev.kawi.engine.Perplexity.Convention;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `kawi perplexity`: how surprised a model is by a text.
@Command(
    name = "perplexity",
    mixinStandardHelpOptions = true,
    description = {
      "Measure how surprised a model is by a text (lower is better).",
      "Two conventions are in use and do not compare: llama.cpp scores the second half of each"
          + " window, gptq every token of a window but its first.",
    },
    footer = {
      "",
      "Examples:",
      "  kawi perplexity --model model.gguf --file wiki.test.raw",
      "  kawi perplexity --model model.gguf --file wiki.test.raw --ctx 2048 --convention gptq --json",
    })
final class PerplexityCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final ModelOptions model;

  @Option(names = "--file", required = true, paramLabel = "TEXT", description = "The text.")
  private Path file = Path.of("");

  @Option(names = "--chunks", paramLabel = "N", description = "At most N windows (all).")
  @Range(min = 1)
  private int chunks = Integer.MAX_VALUE;

  @Option(
      names = "--convention",
      paramLabel = "NAME",
      description = "llama.cpp or gptq (llama.cpp).",
      completionCandidates = Conventions.class,
      converter = ConventionName.class)
  private Convention convention = Convention.LLAMA_CPP;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  static final class Conventions implements Iterable<String> {
    @Override
    public java.util.Iterator<String> iterator() {
      return List.of("llama.cpp", "gptq").iterator();
    }
  }

  static final class ConventionName implements picocli.CommandLine.ITypeConverter<Convention> {
    @Override
    public Convention convert(String name) {
      return Arrays.stream(Convention.values())
          .filter(c -> c.label().equals(name))
          .findFirst()
          .orElseThrow(() ->
              new picocli.CommandLine.TypeConversionException(
                  "expected llama.cpp or gptq, found '" + name + "'"));
    }
  }

  PerplexityCommand(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    String text = TextFile.read(file);
    int window = model.context().orElse(512);
    try (Model loaded = model.loadFor(window)) {
      print(measure(loaded, text, window));
    }
    return 0;
  }

  private Perplexity measure(Model loaded, String text, int window) {
    try (Progress progress = new Progress(console, "perplexity")) {
      return Perplexity.of(loaded, text, window, chunks, convention, progress::update);
    }
  }

  private void print(Perplexity result) {
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("perplexity", result.perplexity());
      fields.put("stderr", result.stderr());
      fields.put("tokens", result.tokens());
      fields.put("convention", result.convention().label());
      Json.printLine(console, fields);
    } else {
      console
          .out()
          .printf(
              Locale.ROOT,
              "perplexity %.4f +/- %.4f (%d tokens scored, %s convention)%n",
              result.perplexity(),
              result.stderr(),
              result.tokens(),
              result.convention().label());
    }
  }
}
