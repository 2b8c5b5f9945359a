package dev.kawi.cli;

import dev.kawi.run.RunControl;
import dev.kawi.run.RunReader;
import dev.kawi.run.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `kawi runs resume ID`: lets a paused one go on, or repeats its command.
@Command(
    name = "resume",
    mixinStandardHelpOptions = true,
    description = {
      "Go on with a run: let the process of a paused one go on; begin one that is queued, failed,",
      "cancelled or interrupted here, by the command line that it was begun with.",
    },
    footer = {"", "Examples:", "  kawi runs resume tune-sft-20261130"})
final class RunsResume implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "ID", description = "A run, or its folder.")
  private String id = "";

  RunsResume(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    RunReader run = RunsCommand.existing(id);
    RunState state = RunControl.unpause(run);
    return switch (state) {
      case PAUSED -> {
        console.say("the run %s goes on".formatted(run.id()));
        yield 0;
      }
      case RUNNING -> throw new CommandFailure("the run %s is running already".formatted(run.id()));
      case DONE ->
          throw new CommandFailure(
              "the run %s is done; kawi runs show %s tells what came out"
                  .formatted(run.id(), run.id()));
      case QUEUED, FAILED, CANCELLED, INTERRUPTED -> repeat(run);
    };
  }

  private int repeat(RunReader run) {
    List<String> arguments = run.description().request().arguments();
    if (arguments.isEmpty()) {
      throw new CommandFailure(
          "the run %s was not begun by a command line; what began it can go on with it in %s"
              .formatted(run.id(), run.folder()));
    }
    Path directory = run.description().directory();
    if (!directory.equals(Path.of("").toAbsolutePath().normalize())) {
      throw new CommandFailure(
          "the run %s was begun in %s, and names files from there: cd '%s' && kawi runs resume %s"
              .formatted(run.id(), directory, directory, run.id()));
    }
    console.say("kawi " + String.join(" ", arguments));
    return Kawi.run(console, arguments.toArray(String[]::new));
  }
}
