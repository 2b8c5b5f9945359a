package dev.kawi.cli;

import dev.kawi.run.RunControl;
import dev.kawi.run.RunReader;
import dev.kawi.run.RunState;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `kawi runs cancel ID`: ends it.
@Command(
    name = "cancel",
    mixinStandardHelpOptions = true,
    description = {
      "Ask the process that works on a run to end it, which it does after its present step.",
      "What is there stays; kawi runs resume goes on with it.",
    },
    footer = {"", "Examples:", "  kawi runs cancel tune-sft-20261130"})
final class RunsCancel implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "ID", description = "A run, or its folder.")
  private String id = "";

  RunsCancel(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    RunReader run = RunsCommand.existing(id);
    RunState state = RunControl.cancel(run);
    console.say(
        switch (state) {
          case RUNNING, PAUSED -> "asked the run %s to end".formatted(run.id());
          case QUEUED, INTERRUPTED -> "cancelled the run %s".formatted(run.id());
          case DONE, FAILED, CANCELLED ->
              throw new CommandFailure(
                  "the run %s has ended already: %s".formatted(run.id(), state.word()));
        });
    return 0;
  }
}
