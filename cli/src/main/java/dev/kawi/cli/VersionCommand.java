package dev.kawi.cli;

import dev.kawi.home.KawiVersion;
import picocli.CommandLine.Command;

/// `kawi version`: the same as `kawi --version`.
@Command(
    name = "version",
    mixinStandardHelpOptions = true,
    description = "Print the version.",
    footer = {"", "Examples:", "  kawi version"})
final class VersionCommand implements Runnable {
  private final Console console;

  VersionCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    console.out().println("kawi " + KawiVersion.number());
  }
}
