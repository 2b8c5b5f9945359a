package dev.kawi.cli;

import dev.kawi.hub.Catalogue;
import dev.kawi.hub.Catalogue.Entry;
import dev.kawi.hub.Catalogue.Family;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi map`: the ecosystem as a tree, groups of families or what was tuned from what; or as a
/// page.
@Command(
    name = "map",
    mixinStandardHelpOptions = true,
    description =
        "Draw the ecosystem of open models: groups and families, or of one group also its models"
            + " and what others have tuned from them. With --html as a page to explore in a browser,"
            + " which needs no net.",
    footer = {
      "",
      "Examples:",
      "  kawi map",
      "  kawi map qwen",
      "  kawi map deepseek",
      "  kawi map --html models.html",
      "  kawi map qwen --html",
    })
final class MapCommand implements Callable<Integer> {
  private static final String PAGE = "kawi-map.html";

  private final Console console;

  @Parameters(
      paramLabel = "GROUP",
      arity = "0..1",
      description = "A group or family, such as qwen.")
  private Optional<String> group = Optional.empty();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = PAGE,
      description = "Write a page (${FALLBACK-VALUE}); - prints it.")
  private Optional<Path> html = Optional.empty();

  @Mixin private NewFile files = new NewFile();

  MapCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Catalogue catalogue = Catalogue.load();
    takeGroupForGroup(catalogue);
    List<Family> families =
        catalogue.families().stream()
            .filter(family -> group.stream().allMatch(name -> isIn(family, name)))
            .toList();
    if (families.isEmpty()) {
      throw new CommandFailure(
          "there is no group or family '%s'; kawi map shows all".formatted(group.orElse("")));
    }
    if (html.isPresent()) {
      List<Catalogue.DataSet> dataSets = group.isPresent() ? List.of() : catalogue.dataSets();
      write(MapPage.of(new Catalogue(families, dataSets)), html.get());
    } else {
      print(families, new Lineage(catalogue, console.out()));
    }
    return 0;
  }

  /// In `--html qwen` the option, whose file may be left out, comes before the group.
  private void takeGroupForGroup(Catalogue catalogue) {
    String given = html.map(Path::toString).orElse("");
    boolean namesGroup = catalogue.families().stream().anyMatch(f -> isIn(f, given));
    if (group.isEmpty() && !given.isEmpty() && namesGroup) {
      group = Optional.of(given);
      html = Optional.of(Path.of(PAGE));
    }
  }

  private void write(String page, Path file) throws IOException {
    if (file.toString().equals("-")) {
      console.out().print(page);
      return;
    }
    files.write(file, page);
    console.say("written: %s; open it in a browser".formatted(file));
  }

  private void print(List<Family> families, Lineage lineage) {
    Map<String, List<Family>> groups = new LinkedHashMap<>();
    for (Family family : families) {
      groups.computeIfAbsent(family.group(), g -> new ArrayList<>()).add(family);
    }
    groups.forEach((name, members) -> draw(name, members, lineage));
  }

  private static boolean isIn(Family family, String name) {
    String start = name.toLowerCase(Locale.ROOT);
    return family.group().toLowerCase(Locale.ROOT).startsWith(start)
        || family.id().startsWith(start);
  }

  private void draw(String name, List<Family> families, Lineage lineage) {
    console.out().println(name);
    for (int i = 0; i < families.size(); i++) {
      boolean last = i == families.size() - 1;
      Family family = families.get(i);
      console.out().println((last ? "└─ " : "├─ ") + line(family));
      if (group.isPresent()) {
        lineage.draw(family, last ? "   " : "│  ");
      }
    }
  }

  private static String line(Family family) {
    String kinds =
        family.models().stream()
            .map(Catalogue.Model::kind)
            .distinct()
            .collect(Collectors.joining(", "));
    return "%s · %s%s%s"
        .formatted(
            family.name(),
            family.organisation(),
            Optional.ofNullable(family.licence()).map(l -> " · " + l).orElse(""),
            kinds.isEmpty() ? "" : " · " + kinds);
  }

  /// What was tuned from what.
  private static final class Lineage {
    private final Map<String, List<Entry>> children = new LinkedHashMap<>();
    private final PrintStream out;

    Lineage(Catalogue catalogue, PrintStream out) {
      this.out = out;
      catalogue
          .entries()
          .filter(entry -> entry.model().tunedFrom() != null)
          .forEach(entry ->
              children
                  .computeIfAbsent(
                      key(String.valueOf(entry.model().tunedFrom())), k -> new ArrayList<>())
                  .add(entry));
    }

    private static String key(String name) {
      return name.toLowerCase(Locale.ROOT);
    }

    /// The models of a family, each under the one that it was tuned from.
    void draw(Family family, String indent) {
      Set<String> own =
          family.models().stream().map(m -> key(m.name())).collect(Collectors.toSet());
      List<Entry> roots =
          family.models().stream()
              .filter(m -> m.tunedFrom() == null || !own.contains(key(m.tunedFrom())))
              .map(m -> new Entry(family, m))
              .toList();
      draw(roots, family, indent, new HashSet<>());
    }

    private void draw(List<Entry> entries, Family family, String indent, Set<String> seen) {
      for (int i = 0; i < entries.size(); i++) {
        Entry entry = entries.get(i);
        boolean last = i == entries.size() - 1;
        boolean foreign = !entry.family().equals(family);
        Catalogue.Model model = entry.model();
        out.println(
            indent
                + (last ? "└─ " : "├─ ")
                + model.name()
                + (foreign ? " (" + entry.family().organisation() + ")" : "")
                + " · "
                + model.kind());
        if (seen.add(key(model.name()))) {
          List<Entry> below = children.getOrDefault(key(model.name()), List.of());
          draw(below, family, indent + (last ? "   " : "│  "), seen);
        }
      }
    }
  }
}
