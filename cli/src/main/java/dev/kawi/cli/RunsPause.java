package dev.kawi.cli;

import dev.kawi.run.RunControl;
import dev.kawi.run.RunReader;
import dev.kawi.run.RunState;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `kawi runs pause ID`: lets it wait.
@Command(
    name = "pause",
    mixinStandardHelpOptions = true,
    description = {
      "Ask the process that works on a run to wait after its present step. It keeps its memory;",
      "kawi runs resume lets it go on. To free the memory, cancel the run and resume it later.",
    },
    footer = {"", "Examples:", "  kawi runs pause tune-sft-20261130"})
final class RunsPause implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "ID", description = "A run, or its folder.")
  private String id = "";

  RunsPause(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    RunReader run = RunsCommand.existing(id);
    RunState state = RunControl.pause(run);
    if (state != RunState.RUNNING) {
      throw new CommandFailure(
          "the run %s is %s; only a run that is running can be paused"
              .formatted(run.id(), state.word()));
    }
    console.say("asked the run %s to wait".formatted(run.id()));
    return 0;
  }
}
