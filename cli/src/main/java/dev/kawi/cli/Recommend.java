package dev.kawi.cli;

import dev.kawi.cli.Advisor.Advice;
import dev.kawi.hub.Catalogue;
import dev.kawi.kernel.Cpu;
import dev.kawi.kernel.MachineLimits;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `kawi recommend`: which model and which file suit this machine, and how fast they will be.
@Command(
    name = "recommend",
    mixinStandardHelpOptions = true,
    description =
        "Say which models suit the memory of this machine, in which quantization, and about how fast"
            + " they will answer; the speed of the memory is measured. First those that answer as"
            + " fast as people read, the best of them first, by size and age.",
    footer = {
      "",
      "A file that is \"not checked\" is in no list that Kawi has; kawi show REPOSITORY asks the hub.",
      "",
      "Examples:",
      "  kawi recommend",
      "  kawi recommend --kind code --memory 8GB",
    })
final class Recommend implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "chat, code, math, base ... (${DEFAULT-VALUE}).")
  private String kind = "chat";

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description = "Memory for the model (three quarters of this machine's).")
  private Optional<String> memory = Optional.empty();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  Recommend(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (Catalogue.Kind.of(kind).isEmpty()) {
      throw wrong("--kind: there is no kind '" + kind + "'; kawi models --help lists them");
    }
    double room = memory.map(this::bytes).orElseGet(Advisor::machineMemory);
    int threads = Cpu.detect().defaultThreads();
    double bandwidth = MachineLimits.readBytes(threads);
    List<Advice> advice = new Advisor(room, bandwidth).advise(Catalogue.load(), kind);
    if (json) {
      Json.print(console, advice);
      return 0;
    }
    Texts texts = Texts.of(Objects.requireNonNull(spec));
    console.say(texts.get("recommend.machine", Sizes.bytes((long) room), threads, bandwidth / 1e9));
    Table table =
        Table.of(
            texts.get("recommend.model"),
            texts.get("recommend.file"),
            ">" + texts.get("recommend.memory"),
            ">" + texts.get("recommend.speed"),
            texts.get("recommend.pull"),
            texts.get("recommend.files"));
    for (Advice a : advice) {
      table.row(
          a.model(),
          a.quantization(),
          Sizes.bytes((long) a.memoryBytes()),
          speed(a.tokensPerSecond(), texts),
          "kawi pull " + a.reference(),
          a.listed()
              .map(date -> texts.get("recommend.listed", date))
              .orElseGet(() -> texts.get("recommend.unchecked")));
    }
    table.print(console);
    if (advice.isEmpty()) {
      console.say(texts.get("recommend.none"));
    }
    return 0;
  }

  /// Tokens in a second, with as many digits as they are worth.
  static String speed(double tokensPerSecond, Texts texts) {
    String digits = tokensPerSecond < 1 ? "%.2f" : tokensPerSecond < 10 ? "%.1f" : "%.0f";
    return texts.get("recommend.tokens", String.format(Locale.ROOT, digits, tokensPerSecond));
  }

  private double bytes(String size) {
    return Sizes.parse(size)
        .orElseThrow(
            () -> wrong("--memory: expected a size such as 8GB or 512MB, found '" + size + "'"));
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }
}
