package dev.kawi.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.kawi.hub.Catalogue;
import dev.kawi.hub.Catalogue.Entry;
import dev.kawi.hub.GgufFiles;
import dev.kawi.hub.Quantization;
import dev.kawi.model.Architecture;
import java.lang.management.ManagementFactory;
import java.time.YearMonth;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

// How it works. A token of the answer needs every active weight once, so the speed of an answer is
// that of reading them from memory. What a model is worth is guessed from two facts of the
// catalogue:
// its size (of a mixture the geometric mean of all and of active parameters), and the month of its
// family's release, since newer models do with fewer parameters what older ones did with more. The
// best open models of a month have needed half as many every 3.5 months ("Densing law of LLMs",
// Nature Machine Intelligence 2025); the catalogue does not hold the best alone, so it counts half
// that speed. A family of which no page says the month counts as one of the first.

/// Says which models of the catalogue suit a machine.
///
/// @param roomBytes memory for a model
/// @param bandwidth bytes of memory that can be read in a second
record Advisor(double roomBytes, double bandwidth) {
  /// What generation reaches of the speed of the memory, measured over whole models.
  private static final double SHARE_OF_BANDWIDTH = 0.85;

  /// Beside a model the system and other programs need room, too.
  private static final double SHARE_OF_MEMORY = 0.75;

  /// About as fast as people read.
  private static final double READING_SPEED = 6;

  /// The month of those whose month nobody says.
  private static final YearMonth FIRST = YearMonth.of(2023, 1);

  /// Months after which half the parameters do.
  private static final double MONTHS_OF_HALVING = 7;

  /// A model in the quantization that suits best.
  ///
  /// @param activeParameters those that a token passes: all, but in a mixture of experts
  /// @param listed the date of the list that has the file; empty if no list is known
  /// @param quality a guess to compare models by
  record Advice(
      String model,
      String quantization,
      String repository,
      long parameters,
      long activeParameters,
      double memoryBytes,
      double tokensPerSecond,
      Optional<String> listed,
      String remark,
      double quality) {
    /// Whether it answers about as fast as people read.
    boolean isFluent() {
      return tokensPerSecond >= READING_SPEED;
    }

    /// What to pull, or run.
    String reference() {
      return repository + ":" + quantization;
    }
  }

  /// Memory that this machine, or the container it looks like, has for a model.
  static double machineMemory() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return SHARE_OF_MEMORY * system.getTotalMemorySize();
  }

  /// The best model of each family that fits and that Kawi runs: first those that answer as fast as
  /// people read, among them the best; then the fastest of the others.
  List<Advice> advise(Catalogue catalogue, String kind) {
    GgufFiles files = GgufFiles.load();
    List<Advice> advice = new ArrayList<>();
    for (Catalogue.Family family : catalogue.families()) {
      family.models().stream()
          .filter(model -> model.kind().equals(kind))
          .map(model -> new Entry(family, model))
          .filter(Advisor::runs)
          .flatMap(entry -> advice(entry, files).stream())
          .max(BEST)
          .ifPresent(advice::add);
    }
    advice.sort(BEST.reversed());
    return advice;
  }

  private static final Comparator<Advice> BEST =
      Comparator.comparing(Advice::isFluent)
          .thenComparingDouble(a -> a.isFluent() ? a.quality() : a.tokensPerSecond());

  /// Whether Kawi runs a model, from GGUF files that the catalogue knows of.
  static boolean runs(Entry entry) {
    return entry.model().gguf() != null
        && entry.model().parameters() != null
        && entry.architecture().flatMap(Architecture::find).isPresent();
  }

  /// The model in the best quantization that fits and answers as fast as people read, or else in
  /// the smallest that is advised; only in those that its repository has, where that is known.
  Optional<Advice> advice(Entry entry, GgufFiles files) {
    String repository = Objects.requireNonNull(entry.model().gguf());
    List<Advice> possible =
        Quantization.ALL.stream()
            .skip(1)
            .filter(Quantization::isAdvised)
            .filter(q -> files.has(repository, q.name()).orElse(true))
            .map(q -> advice(entry, q, files))
            .filter(a -> a.memoryBytes() <= roomBytes)
            .toList();
    return possible.stream()
        .filter(Advice::isFluent)
        .findFirst()
        .or(() -> possible.isEmpty() ? Optional.empty() : Optional.of(possible.getLast()));
  }

  private Advice advice(Entry entry, Quantization quantization, GgufFiles files) {
    Catalogue.Model model = entry.model();
    String repository = Objects.requireNonNull(model.gguf());
    long parameters = Objects.requireNonNull(model.parameters());
    long active = Optional.ofNullable(model.active()).orElse(parameters);
    return new Advice(
        model.name(),
        quantization.name(),
        repository,
        parameters,
        active,
        quantization.memory(parameters),
        SHARE_OF_BANDWIDTH * bandwidth / quantization.weightBytes(active),
        files.knows(repository) ? Optional.of(files.date()) : Optional.empty(),
        quantization.remark(),
        quality(parameters, active, Optional.ofNullable(entry.family().released())));
  }

  /// The base-2 logarithm of how many billions of parameters a model of the first month would need.
  private static double quality(long parameters, long active, Optional<String> released) {
    double billions = Math.sqrt((double) parameters * active) / 1e9;
    YearMonth month = released.map(YearMonth::parse).orElse(FIRST);
    double months = ChronoUnit.MONTHS.between(FIRST, month);
    return Math.log(billions) / Math.log(2) + months / MONTHS_OF_HALVING;
  }
}
