package dev.kawi.cli;

import dev.kawi.engine.Model;
import dev.kawi.engine.TokenLogits;
import dev.kawi.sample.LogProbs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `kawi logits`: what a model expects after each token, in numbers.
@Command(
    name = "logits",
    mixinStandardHelpOptions = true,
    description = "Print the log-probabilities of the likeliest next tokens after each token.",
    footer = {
      "",
      "Examples:",
      "  kawi tokenize --model model.gguf --json \"Once upon\" > ids.json",
      "  kawi logits --model model.gguf --ids ids.json --top 5",
      "  kawi logits --model model.gguf --ids ids.json --greedy 20 --json",
    })
final class Logits implements Callable<Integer> {
  private final Console console;

  @Mixin private final ModelOptions model;

  @Option(
      names = "--ids",
      required = true,
      paramLabel = "FILE.json",
      description = "A JSON array of token ids, taken as they are.")
  private Path ids = Path.of("");

  @Option(names = "--top", paramLabel = "N", description = "Tokens at each position (20).")
  @Range(min = 1)
  private int top = 20;

  @Option(names = "--greedy", paramLabel = "N", description = "Go on greedily for N tokens (0).")
  @Range(min = 0)
  private int greedy;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  Logits(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    int[] tokens = Json.integers(ids);
    try (Model loaded = model.loadFor(Math.max(1, tokens.length + Math.max(0, greedy)))) {
      TokenLogits logits = TokenLogits.of(loaded, tokens, top, greedy);
      if (json) {
        printJson(logits);
      } else {
        print(loaded, tokens, logits);
      }
    }
    return 0;
  }

  private void printJson(TokenLogits logits) {
    List<List<List<Number>>> positions =
        logits.positions().stream()
            .map(entries ->
                entries.stream().map(e -> List.<Number>of(e.token(), e.logProbability())).toList())
            .toList();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("positions", positions);
    fields.put("greedy", logits.greedy());
    Json.printLine(console, fields);
  }

  private void print(Model loaded, int[] tokens, TokenLogits logits) {
    for (int i = 0; i < tokens.length; i++) {
      console.out().printf("%d  %s%n", i, name(loaded, tokens[i]));
      for (LogProbs.Entry e : logits.positions().get(i)) {
        console
            .out()
            .printf(
                java.util.Locale.ROOT,
                "    %8d  %8.4f  %s%n",
                e.token(),
                e.logProbability(),
                name(loaded, e.token()));
      }
    }
    if (!logits.greedy().isEmpty()) {
      int[] all = logits.greedy().stream().mapToInt(Integer::intValue).toArray();
      console.out().println("goes on: " + loaded.tokenizer().decode(all));
    }
  }

  private static String name(Model loaded, int token) {
    return token < loaded.tokenizer().vocabulary().size()
        ? loaded.tokenizer().vocabulary().text(token).replace("\n", "\\n")
        : "";
  }
}
