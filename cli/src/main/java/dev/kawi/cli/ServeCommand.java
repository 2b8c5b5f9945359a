package dev.kawi.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Unmatched;

/// `kawi serve`, which people type who know others: it points to what there is.
@Command(
    name = "serve",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Say what there is in place of a server.",
    footer = {"", "Examples:", "  kawi serve"})
final class ServeCommand implements Callable<Integer> {
  private final Console console;

  @Unmatched private List<String> ignored = new ArrayList<>();

  ServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.say(
        "there is no server yet; kawi chat --json answers each line of a pipe as JSON, and"
            + " dev.kawi.engine.Model is for programs (see the README)");
    return ExitCode.USAGE;
  }
}
