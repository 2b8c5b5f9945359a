package dev.kawi.cli;

import dev.kawi.engine.Model;
import dev.kawi.engine.Throughput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
    })
final class Bench implements Callable<Integer> {
  private final Console console;

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
    List<Throughput> results = new ArrayList<>();
    int threads = model.threads();
    try (Model loaded = model.loadFor(depth + Math.max(1, Math.max(prompt, generate)) + 2)) {
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
