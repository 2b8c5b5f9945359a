package dev.kawi.cli;

import dev.kawi.run.Run;
import dev.kawi.run.RunCancelledException;
import dev.kawi.run.RunRegistry;
import dev.kawi.run.RunRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// What all commands have in common that are runs: the folder, and how they are shown. The same
/// command line goes on with a run that is not done.
final class RunOptions {
  private static final String OUT = "--out";

  @Option(
      names = OUT,
      paramLabel = "FOLDER",
      description =
          "The folder of the run (a new one in Kawi's home); the same command goes on with what is there.")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--json", description = "Print the events of the run as lines of JSON.")
  private boolean json;

  /// The work of a command.
  @FunctionalInterface
  interface Work {
    /// Does it, and reports to the run; what came out.
    Map<String, Object> run(Run run) throws Exception;
  }

  /// Does the work of a command as a run.
  ///
  /// @param request what is asked, without the arguments, which come from the command line
  /// @return the exit code
  int run(Console console, CommandSpec command, RunRequest request, Work work) throws Exception {
    RunRegistry registry = RunRegistry.fromEnvironment();
    Path folder = out.orElseGet(() -> registry.newFolder(request.command()));
    List<String> arguments =
        new ArrayList<>(command.root().commandLine().getParseResult().originalArgs());
    if (out.isEmpty()) {
      arguments.addAll(List.of(OUT, folder.toString()));
    }
    RunDisplay.Form form = json ? RunDisplay.Form.SCRIPT : RunDisplay.Form.PERSON;
    try (RunDisplay display = new RunDisplay(console, request.command(), form);
        Run run = registry.open(folder, request.withArguments(arguments), display)) {
      console.say(
          "%s the run %s in %s"
              .formatted(run.isResumed() ? "going on with" : "beginning", run.id(), run.folder()));
      run.execute(() -> work.run(run));
      return ExitCode.OK;
    } catch (RunCancelledException e) {
      console.say(String.valueOf(e.getMessage()));
      return ExitCode.SOFTWARE;
    }
  }
}
