package dev.kawi.cli;

import picocli.CommandLine.Command;

/// `kawi ps`, which people type who know Ollama: there is nothing to list.
@Command(
    name = "ps",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Say that no model runs beside the commands that you start.",
    footer = {"", "Examples:", "  kawi ps"})
final class PsCommand implements Runnable {
  private final Console console;

  PsCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    console.say(
        "no model runs in the background: each command loads its own and ends with it;"
            + " kawi list shows what is on this machine");
  }
}
