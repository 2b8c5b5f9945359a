package dev.kawi.cli;

import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.SearchResult;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi search TEXT`: repositories on both hubs.
@Command(
    name = "search",
    mixinStandardHelpOptions = true,
    description = "Search ModelScope and Hugging Face for repositories by name.",
    footer = {"", "Examples:", "  kawi search Qwen3 GGUF", "  kawi search bge-m3 --limit 5 --json"})
final class SearchCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "TEXT", arity = "1..*", description = "Words of the name.")
  private List<String> text = List.of();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Results of each hub (${DEFAULT-VALUE}).")
  @Range(min = 1, max = 100)
  private int limit = 10;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  SearchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      List<SearchResult> results = hub.search(String.join(" ", text), limit);
      if (json) {
        Json.print(console, results);
      } else {
        for (SearchResult result : results) {
          console
              .out()
              .printf(
                  "%-60s %-13s %s downloads%n",
                  result.id(), result.hub().title(), Sizes.count(result.downloads()));
        }
      }
    }
    return 0;
  }
}
