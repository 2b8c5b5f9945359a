package dev.kawi.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.kawi.hub.Catalogue;
import dev.kawi.hub.Catalogue.Entry;
import dev.kawi.hub.Quantization;
import dev.kawi.kernel.Cpu;
import dev.kawi.kernel.MachineLimits;
import dev.kawi.model.Architecture;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
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
            + " they will answer; the speed of the memory is measured.",
    footer = {
      "",
      "Examples:",
      "  kawi recommend",
      "  kawi recommend --kind code --memory 8GB",
    })
final class Recommend implements Callable<Integer> {
  /// What generation reaches of the speed of the memory, measured over whole models.
  private static final double SHARE_OF_BANDWIDTH = 0.85;

  /// Beside a model the system and other programs need room, too.
  private static final double SHARE_OF_MEMORY = 0.75;

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

  /// One recommendation.
  record Advice(
      String model,
      String quantization,
      String repository,
      long parameters,
      double memoryBytes,
      double tokensPerSecond,
      String remark) {
    /// Whether it answers about as fast as people read.
    boolean isFluent() {
      return tokensPerSecond >= 6;
    }
  }

  @Override
  public Integer call() {
    if (Catalogue.Kind.of(kind).isEmpty()) {
      throw wrong("--kind: there is no kind '" + kind + "'; kawi models --help lists them");
    }
    double room = memory.map(this::bytes).orElseGet(Recommend::machineMemory);
    int threads = Cpu.detect().defaultThreads();
    double bandwidth = MachineLimits.readBytes(threads);
    List<Advice> advice = advise(room, bandwidth);
    if (json) {
      Json.print(console, advice);
      return 0;
    }
    console.say(
        String.format(
            Locale.ROOT,
            "%s of memory for a model, %d threads, which read %.0f GB/s",
            Sizes.bytes((long) room),
            threads,
            bandwidth / 1e9));
    String row = "%-34s %-8s %10s %12s  %s%n";
    console.out().printf(row, "MODEL", "FILE", "MEMORY", "SPEED", "PULL");
    for (Advice a : advice) {
      console
          .out()
          .printf(
              row,
              Models.cut(a.model(), 34),
              a.quantization(),
              Sizes.bytes((long) a.memoryBytes()),
              String.format(Locale.ROOT, "%.0f tokens/s", a.tokensPerSecond()),
              "kawi pull " + a.repository() + ":" + a.quantization());
    }
    if (advice.isEmpty()) {
      console.say("no model of this kind with GGUF files runs in so little memory");
    }
    return 0;
  }

  /// The largest models that fit and whose architecture Kawi runs, one of each family; those that
  /// answer as fast as people read come first.
  private List<Advice> advise(double room, double bandwidth) {
    List<Advice> advice = new ArrayList<>();
    for (Catalogue.Family family : Catalogue.load().families()) {
      family.models().stream()
          .map(model -> new Entry(family, model))
          .filter(this::isCandidate)
          .map(entry -> advice(entry, room, bandwidth))
          .flatMap(Optional::stream)
          .max(Comparator.comparingLong(Advice::parameters))
          .ifPresent(advice::add);
    }
    advice.sort(
        Comparator.comparing(Advice::isFluent).thenComparingLong(Advice::parameters).reversed());
    return advice;
  }

  private boolean isCandidate(Entry entry) {
    return entry.model().kind().equals(kind)
        && entry.model().gguf() != null
        && entry.model().parameters() != null
        && entry.architecture().flatMap(Architecture::find).isPresent();
  }

  private static Optional<Advice> advice(Entry entry, double room, double bandwidth) {
    long parameters = Objects.requireNonNull(entry.model().parameters());
    return Quantization.bestFor(parameters, room)
        .filter(Quantization::isAdvised)
        .map(q ->
            new Advice(
                entry.model().name(),
                q.name(),
                Objects.requireNonNull(entry.model().gguf()),
                parameters,
                q.memory(parameters),
                SHARE_OF_BANDWIDTH * bandwidth / q.weightBytes(parameters),
                q.remark()));
  }

  private double bytes(String size) {
    return Sizes.parse(size)
        .orElseThrow(
            () -> wrong("--memory: expected a size such as 8GB or 512MB, found '" + size + "'"));
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  /// What this machine, or the container it looks like, has for a model.
  private static double machineMemory() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return SHARE_OF_MEMORY * system.getTotalMemorySize();
  }
}
