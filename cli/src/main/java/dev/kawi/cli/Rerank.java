package dev.kawi.cli;

import dev.kawi.chat.Reranker;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `kawi rerank`: texts from the best answer to a query to the worst.
@Command(
    name = "rerank",
    mixinStandardHelpOptions = true,
    description = "Order texts by how well they answer a query.",
    footer = {
      "",
      "Examples:",
      "  kawi rerank --model bge-reranker.gguf --query \"what is a panda?\" \"a bear\" \"a tax\"",
      "  kawi rerank --model qwen3-reranker.gguf --query \"...\" --texts passages.json --top-n 3 --json",
    })
final class Rerank implements Callable<Integer> {
  private final Console console;

  @Mixin private final ModelOptions model;

  @Option(names = "--query", required = true, paramLabel = "TEXT", description = "The query.")
  private String query = "";

  @Mixin private TextList texts = new TextList();

  @Range(min = 1)
  @Option(names = "--top-n", paramLabel = "N", description = "Print the N best (all).")
  private int topN = Integer.MAX_VALUE;

  @Option(names = "--json", description = "Print an array of {index, score}, best first.")
  private boolean json;

  Rerank(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    List<String> all = texts.read();
    if (all.isEmpty()) {
      throw new CommandFailure("rerank needs texts: as arguments, or in a file with --texts");
    }
    try (Reranker reranker = model.loadReranker()) {
      List<Reranker.Ranked> ranked = reranker.rank(query, all).stream().limit(topN).toList();
      if (json) {
        Json.printLine(console, ranked);
      } else {
        ranked.forEach(
            r -> console.out().printf(Locale.ROOT, "%6.4f  %s%n", r.score(), all.get(r.index())));
      }
    }
    return 0;
  }
}
