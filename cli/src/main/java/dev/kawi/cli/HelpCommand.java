package dev.kawi.cli;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// `kawi help COMMAND`: the same as `kawi COMMAND --help`.
@Command(
    name = "help",
    mixinStandardHelpOptions = true,
    description = "Show the help of a command.",
    footer = {"", "Examples:", "  kawi help", "  kawi help chat"})
final class HelpCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "A command.")
  private Optional<String> command = Optional.empty();

  @Override
  public Integer call() {
    CommandLine kawi = Objects.requireNonNull(spec).root().commandLine();
    if (command.isPresent() && !kawi.getSubcommands().containsKey(command.get())) {
      throw new UnmatchedArgumentException(kawi, List.of(command.get()));
    }
    CommandLine asked = command.map(name -> kawi.getSubcommands().get(name)).orElse(kawi);
    asked.usage(kawi.getOut());
    return ExitCode.OK;
  }
}
