package dev.kawi.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `kawi list`: the same as `kawi models --local`.
@Command(
    name = "list",
    aliases = "ls",
    mixinStandardHelpOptions = true,
    description = "List the models on this machine, as kawi models --local does.",
    footer = {"", "Examples:", "  kawi list"})
final class ListCommand implements Callable<Integer> {
  private final Console console;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  ListCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Models.printLocal(console, json ? Models.Format.JSON : Models.Format.TABLE);
    return 0;
  }
}
