package dev.kawi.cli;

import dev.kawi.run.Event;
import dev.kawi.run.EventBatch;
import dev.kawi.run.EventJson;
import dev.kawi.run.RunFollower;
import dev.kawi.run.RunReader;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi runs log ID`: the events.
@Command(
    name = "log",
    mixinStandardHelpOptions = true,
    description = "Print the events of a run: progress, metrics, warnings, samples.",
    footer = {
      "",
      "Examples:",
      "  kawi runs log tune-sft-20261130",
      "  kawi runs log tune-sft-20261130 --follow --json",
    })
final class RunsLog implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "ID", description = "A run, or its folder.")
  private String id = "";

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the run ends; Ctrl-C leaves it alone.")
  private boolean follow;

  @Option(names = "--json", description = "Print a line of JSON for each.")
  private boolean json;

  RunsLog(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    RunReader run = RunsCommand.existing(id);
    EventBatch batch = run.events(0);
    for (; !batch.events().isEmpty() && print(batch.events()); batch = run.events(batch.next())) {}
    if (follow) {
      RunFollower follower = new RunFollower(run, batch.next());
      List<Event> news = follower.next();
      while (!news.isEmpty() && print(news)) {
        news = follower.next();
      }
    }
    return 0;
  }

  /// Prints events; whether somebody still reads.
  private boolean print(List<Event> events) {
    for (Event event : events) {
      console.out().println(json ? EventJson.line(event) : RunLines.line(event));
    }
    return console.out().failure().isEmpty();
  }
}
