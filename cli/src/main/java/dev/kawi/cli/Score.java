package dev.kawi.cli;

import dev.kawi.engine.Model;
import dev.kawi.engine.RequestOptions;
import dev.kawi.engine.ScoreRequest;
import dev.kawi.engine.Scores;
import dev.kawi.token.EncodeOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `kawi score`: how likely a model finds given continuations.
@Command(
    name = "score",
    mixinStandardHelpOptions = true,
    description =
        "Print how likely a model finds given continuations of given texts. The tokens of a"
            + " continuation are those that the whole text has beyond its context's; blanks at the"
            + " end of a context count as the continuation's, as in lm-evaluation-harness.",
    footer = {
      "",
      "Examples:",
      "  echo '{\"context\": \"Once upon a\", \"continuation\": \" time\"}' > pairs.jsonl",
      "  kawi score --model model.gguf --file pairs.jsonl",
      "  kawi score --model model.gguf --file pairs.jsonl --json > scores.jsonl",
      "  kawi score --model model.gguf --adapter my-lora/ --file pairs.jsonl",
    })
final class Score implements Callable<Integer> {
  /// Requests under way at once, which share what they begin with.
  private static final int AT_ONCE = 32;

  private final Console console;

  @Mixin private final ModelOptions model;
  @Mixin private AdapterOptions adapters = new AdapterOptions();

  @Option(
      names = "--file",
      required = true,
      paramLabel = "PAIRS.jsonl",
      description = "{\"context\": TEXT, \"continuation\": TEXT} a line.")
  private Path file = Path.of("");

  @Option(names = "--json", description = "Print {\"logprob\", \"tokens\", \"greedy\"} a line.")
  private boolean json;

  Score(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  /// A line of the file.
  record Pair(String context, String continuation) {}

  @Override
  public Integer call() throws IOException {
    List<Pair> pairs = Json.lines(file, Pair.class, "{\"context\": TEXT, \"continuation\": TEXT}");
    for (int i = 0; i < pairs.size(); i++) {
      Pair pair = pairs.get(i);
      if (pair.context() == null || pair.continuation() == null || pair.continuation().isEmpty()) {
        throw new CommandFailure(
            "%s: line %d needs \"context\" and a \"continuation\" that is not empty"
                .formatted(file, i + 1));
      }
    }
    try (Model loaded = model.load();
        ExecutorService workers =
            Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      RequestOptions options = RequestOptions.DEFAULT.withAdapter(adapters.load(loaded));
      List<Future<Scores>> scores = new ArrayList<>();
      for (Pair pair : pairs) {
        scores.add(workers.submit(() -> loaded.score(request(loaded, pair).with(options))));
      }
      for (int i = 0; i < scores.size(); i++) {
        print(i, result(scores.get(i)));
      }
    }
    return 0;
  }

  private static ScoreRequest request(Model loaded, Pair pair) {
    String context = pair.context().stripTrailing();
    String blanks = pair.context().substring(context.length());
    int[] before = loaded.encodePrompt(context);
    int[] whole =
        loaded.tokenizer().encode(context + blanks + pair.continuation(), EncodeOptions.PROMPT);
    int from = Math.max(1, Math.min(before.length, whole.length - 1));
    return ScoreRequest.of(whole, from);
  }

  private static Scores result(Future<Scores> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("score: interrupted");
    }
  }

  private void print(int index, Scores scores) {
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("logprob", scores.sum());
      fields.put("tokens", scores.logProbabilities().size());
      fields.put("greedy", scores.isGreedy());
      Json.printLine(console, fields);
    } else {
      console
          .out()
          .printf(
              Locale.ROOT,
              "%5d  %10.4f  %3d tokens%s%n",
              index + 1,
              scores.sum(),
              scores.logProbabilities().size(),
              scores.isGreedy() ? "  greedy" : "");
    }
  }
}
