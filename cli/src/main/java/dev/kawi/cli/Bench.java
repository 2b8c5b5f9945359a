package dev.kawi.cli;

import dev.kawi.engine.Load;
import dev.kawi.engine.Model;
import dev.kawi.engine.Throughput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `kawi bench`: tokens per second of a model on this machine.
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description =
        "Measure tokens per second: prompts (pp) and generation (tg), the median of R runs.",
    footer = {
      "",
      "Examples:",
      "  kawi bench --model model.gguf",
      "  kawi bench --model model.gguf -p 512 -n 64 -d 2048 -t 2 -r 5 --json",
      "  kawi bench --model model.gguf -p 0 -n 64 -b 8",
      "  kawi bench --model model.gguf -p 128 -n 32 -b 32 --load distinct",
    })
final class Bench implements Callable<Integer> {

  private final Console console;

  @Spec private @Nullable CommandSpec command;

  @Mixin private final ModelOptions model;

  @Option(names = "-p", paramLabel = "N", description = "Tokens of the prompt; 0 for none (512).")
  @Range(min = 0)
  private int prompt = 512;

  @Option(names = "-n", paramLabel = "N", description = "Tokens to generate; 0 for none (64).")
  @Range(min = 0)
  private int generate = 64;

  @Option(names = "-d", paramLabel = "DEPTH", description = "Tokens already in the cache (0).")
  @Range(min = 0)
  private int depth;

  @Option(names = "-b", paramLabel = "SEQUENCES", description = "Sequences generated at once (1).")
  @Range(min = 1)
  private int sequences = 1;

  @Option(
      names = "--load",
      paramLabel = "PROMPTS",
      description =
          "Requests that arrive at once, -b of them, with -p tokens each and -n new ones: the same"
              + " prompt for all (shared) or one each (distinct).")
  private Optional<Load.Prompts> load = Optional.empty();

  @Option(
      names = "--page",
      paramLabel = "N",
      description = "Positions in a page of the cache (16).")
  @Range(min = 1)
  private int page = 16;

  @Option(names = "-r", paramLabel = "R", description = "Runs of each test (5).")
  @Range(min = 1)
  private int repetitions = 5;

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  Bench(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    return load.isPresent() ? underLoad(load.get()) : alone();
  }

  private int alone() throws IOException {
    List<Throughput> results = new ArrayList<>();
    int threads = model.threads();
    int tokens = depth + Math.max(1, Math.max(prompt, generate)) + 2;
    try (Model loaded = model.loadFor(tokens, page)) {
      if (prompt > 0) {
        try (Progress progress = new Progress(console, "pp" + prompt)) {
          results.add(
              Throughput.ofPrompt(loaded, threads, prompt, depth, repetitions, progress::update));
        }
      }
      if (generate > 0) {
        try (Progress progress = new Progress(console, "tg" + generate)) {
          results.add(
              Throughput.ofGeneration(
                  loaded, threads, generate, depth, sequences, repetitions, progress::update));
        }
      }
      if (json) {
        Json.printLine(console, results.stream().map(Row::of).toList());
      } else {
        console.say(loaded.name() + ", kernels: " + loaded.kernels().kernels().name());
        results.forEach(this::print);
      }
    }
    return 0;
  }

  private int underLoad(Load.Prompts prompts) throws IOException {
    if (prompt < 1 || generate < 2) {
      throw new ParameterException(
          Objects.requireNonNull(command).commandLine(),
          "--load needs prompts of at least 1 token and 2 new ones: -p %d -n %d"
              .formatted(prompt, generate));
    }
    List<Load> runs = new ArrayList<>();
    try (Model loaded = model.loadFor(prompt + generate + 2, page)) {
      Load.warmUp(loaded, prompt, generate);
      try (Progress progress = new Progress(console, sequences + " requests")) {
        for (int i = 1; i <= repetitions; i++) {
          runs.add(Load.of(loaded, sequences, prompt, generate, prompts));
          progress.update((double) i / repetitions);
        }
      }
    }
    LoadRow row = LoadRow.of(prompts, prompt, generate, model.threads(), runs);
    if (json) {
      Json.printLine(console, row);
    } else {
      print(row);
    }
    return 0;
  }

  /// Medians of all runs as scripts read them; times in seconds, rates in tokens per second.
  record LoadRow(
      int sequences,
      String prompts,
      int promptTokens,
      int newTokens,
      int threads,
      int cachedTokens,
      double firstMedian,
      double firstLast,
      double total,
      double generation) {
    static LoadRow of(
        Load.Prompts prompts, int prompt, int generate, int threads, List<Load> runs) {
      return new LoadRow(
          runs.getFirst().sequences(),
          prompts.name().toLowerCase(Locale.ROOT),
          prompt,
          generate,
          threads,
          runs.getFirst().cachedTokens(),
          median(runs, Load::medianFirst),
          median(runs, Load::lastFirst),
          median(runs, Load::seconds),
          median(runs, Load::generation));
    }

    private static double median(List<Load> runs, ToDoubleFunction<Load> figure) {
      double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
      return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
  }

  private void print(LoadRow row) {
    console
        .out()
        .printf(
            Locale.ROOT,
            "%d requests at once, %s prompts of %d tokens (%d found in the cache), %d new tokens each%n"
                + "first token %.2f s (the last one's %.2f s), all done %.2f s, generation %.1f tok/s%n",
            row.sequences(),
            row.prompts(),
            row.promptTokens(),
            row.cachedTokens(),
            row.newTokens(),
            row.firstMedian(),
            row.firstLast(),
            row.total(),
            row.generation());
  }

  /// A result as scripts read it.
  record Row(String test, int threads, double median, double min, double max, String unit) {
    static Row of(Throughput t) {
      return new Row(t.test(), t.threads(), t.median(), t.min(), t.max(), "tok/s");
    }
  }

  private void print(Throughput t) {
    console
        .out()
        .printf(
            Locale.ROOT,
            "%-16s %2d threads  %9.2f tok/s  (%.2f to %.2f)%n",
            t.test(),
            t.threads(),
            t.median(),
            t.min(),
            t.max());
  }
}
