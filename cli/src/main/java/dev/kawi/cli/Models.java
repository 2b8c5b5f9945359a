package dev.kawi.cli;

import dev.kawi.hub.Catalogue;
import dev.kawi.hub.Catalogue.Entry;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.LocalModel;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.OllamaModel;
import dev.kawi.hub.OllamaStore;
import dev.kawi.hub.Quantization;
import dev.kawi.model.Architecture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `kawi models`: the catalogue, and what is in the store.
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description =
        "List the catalogue of open models: families, or with a filter their members; or what is on"
            + " this machine.",
    footer = {
      "",
      "Examples:",
      "  kawi models",
      "  kawi models --family qwen --kind code --fits 8GB",
      "  kawi models bge --json",
      "  kawi models --local",
      "  kawi models --data-sets",
    })
final class Models implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "TEXT", arity = "0..1", description = "Part of the name of a model.")
  private Optional<String> text = Optional.empty();

  @Option(names = "--family", paramLabel = "NAME", description = "Family, or group of families.")
  private Optional<String> family = Optional.empty();

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description =
          "base, chat, code, math, multimodal, agent, embedding, reranker, domain or reward.")
  private Optional<String> kind = Optional.empty();

  @Option(names = "--language", paramLabel = "XX", description = "A language, such as zh.")
  private Optional<String> language = Optional.empty();

  @Option(names = "--organisation", paramLabel = "NAME", description = "Who published it.")
  private Optional<String> organisation = Optional.empty();

  @Option(
      names = "--fits",
      paramLabel = "MEMORY",
      description = "Runs, quantized as far as Q4_K_M, in so much memory, such as 8GB.")
  private Optional<String> fits = Optional.empty();

  @Option(
      names = "--local",
      description = "What is in the stores of this machine, also that of Ollama.")
  private boolean local;

  @Option(
      names = "--markdown",
      description = "Print the families as a table in Markdown, with what Kawi runs of them.")
  private boolean markdown;

  @Option(names = "--data-sets", description = "List open data sets.")
  private boolean dataSets;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  Models(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (markdown) {
      printMarkdown(Catalogue.load());
    } else if (dataSets) {
      printDataSets(Catalogue.load());
    } else if (local) {
      printLocal(console, json ? Format.JSON : Format.TABLE);
    } else if (isFiltered()) {
      printModels(Catalogue.load());
    } else {
      printFamilies(Catalogue.load());
    }
    return 0;
  }

  private boolean isFiltered() {
    return Stream.of(text, family, kind, language, organisation, fits)
        .anyMatch(Optional::isPresent);
  }

  /// How a list is printed.
  enum Format {
    TABLE,
    JSON
  }

  /// Prints what is in the stores of this machine.
  static void printLocal(Console console, Format format) throws IOException {
    List<OllamaModel> ollama = OllamaStore.fromEnvironment().list();
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      List<LocalModel> models = hub.list();
      if (format == Format.JSON) {
        Json.print(console, Stream.concat(models.stream(), ollama.stream()).toList());
      } else if (models.isEmpty() && ollama.isEmpty()) {
        console.say(
            "no models yet; kawi recommend says which suit this machine, kawi pull NAME gets one");
      } else {
        LocalTable table = new LocalTable();
        for (LocalModel model : models) {
          table.add(model);
        }
        for (OllamaModel model : ollama) {
          table.add(model);
        }
        table.print(console);
      }
    }
  }

  private void printMarkdown(Catalogue catalogue) {
    Map<String, List<Catalogue.Family>> groups =
        catalogue.families().stream()
            .collect(
                Collectors.groupingBy(
                    Catalogue.Family::group, LinkedHashMap::new, Collectors.toList()));
    console.out().println("| | families | runs | not yet |");
    console.out().println("|---|---|---|---|");
    groups.forEach((group, families) -> {
      Map<Boolean, List<String>> architectures =
          families.stream()
              .flatMap(f -> Optional.ofNullable(f.architecture()).stream())
              .distinct()
              .sorted()
              .collect(Collectors.partitioningBy(Architecture::runs));
      console
          .out()
          .printf(
              "| %s | %s | %s | %s |%n",
              group,
              families.stream().map(Catalogue.Family::name).collect(Collectors.joining(", ")),
              String.join(", ", architectures.getOrDefault(true, List.of())),
              String.join(", ", architectures.getOrDefault(false, List.of())));
    });
  }

  private void printDataSets(Catalogue catalogue) {
    if (json) {
      Json.print(console, catalogue.dataSets());
      return;
    }
    Table table = Table.of("DATA SET", "KIND", "LANGUAGES", "SIZE", "REPOSITORY");
    for (Catalogue.DataSet set : catalogue.dataSets()) {
      table.row(
          set.name(),
          set.kind(),
          String.join(" ", set.languages()),
          Optional.ofNullable(set.size()).orElse("-"),
          Optional.ofNullable(set.huggingface())
              .or(() -> Optional.ofNullable(set.modelscope()))
              .orElse("-"));
    }
    table.print(console);
  }

  private void printFamilies(Catalogue catalogue) {
    if (json) {
      Json.print(console, catalogue);
      return;
    }
    Table table = Table.of("FAMILY", "RUNS", "SIZES", "ARCHITECTURE", "ORGANISATION", "LICENCE");
    List<Catalogue.Family> families =
        catalogue.families().stream()
            .sorted(Comparator.comparing((Catalogue.Family f) -> !runs(f)))
            .toList();
    for (Catalogue.Family f : families) {
      table.row(
          f.name(),
          runs(f) ? "yes" : "no",
          sizes(f),
          Optional.ofNullable(f.architecture()).orElse("-"),
          f.organisation(),
          Optional.ofNullable(f.licence()).orElse("-"));
    }
    table.print(console);
    console.say(
        "%d families, of which Kawi runs %d, %d models, %d data sets; kawi models --family NAME lists members"
            .formatted(
                families.size(),
                families.stream().filter(Models::runs).count(),
                catalogue.entries().count(),
                catalogue.dataSets().size()));
  }

  private static boolean runs(Catalogue.Family family) {
    return family.models().stream().anyMatch(model -> runs(new Entry(family, model)))
        || Optional.ofNullable(family.architecture()).filter(Architecture::runs).isPresent();
  }

  private static boolean runs(Entry entry) {
    return entry.architecture().filter(Architecture::runs).isPresent();
  }

  /// From the smallest to the largest member, such as `0.5-72B`.
  private static String sizes(Catalogue.Family f) {
    List<Long> sizes =
        f.models().stream()
            .flatMap(model -> Optional.ofNullable(model.parameters()).stream())
            .sorted()
            .toList();
    return sizes.isEmpty()
        ? "-"
        : sizes.getFirst().equals(sizes.getLast())
            ? billions(sizes.getFirst()) + "B"
            : billions(sizes.getFirst()) + "-" + billions(sizes.getLast()) + "B";
  }

  private static String billions(long parameters) {
    double value = parameters / 1e9;
    String digits = String.format(Locale.ROOT, value < 0.1 ? "%.2f" : "%.1f", value);
    return digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits;
  }

  private void printModels(Catalogue catalogue) {
    kind.filter(word -> Catalogue.Kind.of(word).isEmpty())
        .ifPresent(word -> {
          throw wrong("--kind: there is no kind '" + word + "'; kawi models --help lists them");
        });
    double memory = fits.map(this::bytes).orElse(Double.POSITIVE_INFINITY);
    List<Entry> found =
        catalogue
            .entries()
            .filter(matching())
            .filter(entry -> fits(entry, memory))
            .sorted(Comparator.comparing((Entry entry) -> !runs(entry)))
            .toList();
    if (json) {
      Json.print(console, found.stream().map(Entry::model).toList());
      return;
    }
    Table table =
        fits.isPresent()
            ? Table.of("MODEL", "KIND", "RUNS", ">SIZE", "BEST", "REPOSITORY")
            : Table.of("MODEL", "KIND", "RUNS", ">SIZE", "REPOSITORY");
    for (Entry entry : found) {
      Optional<Long> parameters = Optional.ofNullable(entry.model().parameters());
      List<String> cells =
          new ArrayList<>(
              List.of(
                  entry.model().name(),
                  entry.model().kind(),
                  runs(entry) ? "yes" : "no",
                  parameters.map(p -> billions(p) + "B").orElse("-")));
      if (fits.isPresent()) {
        cells.add(
            parameters
                .flatMap(p -> Quantization.bestFor(p, memory))
                .map(Quantization::name)
                .orElse("-"));
      }
      cells.add(entry.model().repository().orElse("-"));
      table.row(cells.toArray(String[]::new));
    }
    table.print(console);
    if (found.isEmpty()) {
      console.say("nothing in the catalogue fits; kawi search looks on the hubs");
    }
  }

  private Predicate<Entry> matching() {
    Predicate<Entry> all = entry -> true;
    return all.and(entry -> text.stream().allMatch(t -> has(entry.model().name(), t)))
        .and(entry ->
            family.stream()
                .allMatch(name ->
                    Stream.of(entry.family().id(), entry.family().name(), entry.family().group())
                        .anyMatch(n -> begins(n, name))))
        .and(entry -> kind.stream().allMatch(entry.model().kind()::equals))
        .and(entry -> language.stream().allMatch(entry.languages()::contains))
        .and(entry -> organisation.stream().allMatch(o -> has(entry.family().organisation(), o)));
  }

  private static boolean has(String text, String part) {
    return text.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }

  private static boolean begins(String text, String start) {
    return text.toLowerCase(Locale.ROOT).startsWith(start.toLowerCase(Locale.ROOT));
  }

  private boolean fits(Entry entry, double memory) {
    Long parameters = entry.model().parameters();
    if (fits.isEmpty() || parameters == null) {
      return fits.isEmpty();
    }
    return Quantization.bestFor(parameters, memory).filter(Quantization::isAdvised).isPresent();
  }

  private double bytes(String size) {
    return Sizes.parse(size)
        .orElseThrow(
            () -> wrong("--fits: expected a size such as 8GB or 512MB, found '" + size + "'"));
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }
}
