package dev.kawi.cli;

import dev.kawi.run.RunEntry;
import dev.kawi.run.RunRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi runs rm ID`: off the list, and off the disk.
@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    description = {
      "Delete a run with its folder and all that is in it, such as adapters and checkpoints.",
      "On a terminal it asks before; elsewhere it needs --force. A run whose folder is gone only",
      "leaves the list.",
    },
    footer = {
      "",
      "Examples:",
      "  kawi runs rm tune-sft-20261130",
      "  kawi runs rm tune-sft-20261130 --force",
    })
final class RunsRm implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "ID", description = "A run, or its folder.")
  private String id = "";

  @Option(names = "--force", description = "Do not ask.")
  private boolean force;

  RunsRm(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    RunRegistry registry = RunRegistry.fromEnvironment();
    RunEntry entry = registry.find(id);
    if (entry.run().isPresent() && !force && !isWanted(entry)) {
      console.say("nothing was deleted");
      return ExitCode.SOFTWARE;
    }
    registry.remove(entry);
    console.say("deleted the run " + entry.id());
    return 0;
  }

  private boolean isWanted(RunEntry entry) throws IOException {
    if (!console.terminal().in() || !console.terminal().err()) {
      throw new CommandFailure(
          "kawi runs rm deletes %s and all in it, and cannot ask here; add --force"
              .formatted(entry.folder()));
    }
    try (Stream<Path> files = Files.walk(entry.folder())) {
      long count = files.filter(Files::isRegularFile).count();
      return console.asks(
          "delete the run %s with %d files in %s?".formatted(entry.id(), count, entry.folder()),
          Console.Enter.NO);
    }
  }
}
