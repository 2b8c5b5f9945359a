package dev.kawi.cli;

import dev.kawi.chat.TemplateException;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.run.RunException;
import dev.kawi.sample.SamplingException;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// Tells the user in one line of stderr what went wrong, and where in the code only when asked.
record Failures(Console console, BooleanSupplier debug)
    implements IParameterExceptionHandler, IExecutionExceptionHandler {

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    if (args.length == 0) {
      command.usage(command.getErr());
      return CommandLine.ExitCode.USAGE;
    }
    String help = command.getCommandSpec().qualifiedName() + " --help";
    console.say(usageError(e) + " (see " + help + ")");
    showTrace(e);
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult result) {
    if (e instanceof ParameterException wrongUsage) {
      return handleParseException(wrongUsage, result.originalArgs().toArray(String[]::new));
    }
    console.say(describe(e));
    showTrace(e);
    return CommandLine.ExitCode.SOFTWARE;
  }

  private static String usageError(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)
        || unmatched.getUnmatched().isEmpty()) {
      return firstLine(String.valueOf(e.getMessage()));
    }
    CommandLine command = e.getCommandLine();
    String found = unmatched.getUnmatched().getFirst();
    boolean isOption = found.startsWith("-");
    boolean expectsCommand = !isOption && !command.getSubcommands().isEmpty();
    List<String> known =
        expectsCommand
            ? List.copyOf(command.getSubcommands().keySet())
            : List.copyOf(command.getCommandSpec().optionsMap().keySet());
    String what = expectsCommand ? "command" : isOption ? "option" : "argument";
    String hint =
        expectsCommand || isOption
            ? Nearest.to(found, known).map(n -> "; did you mean '" + n + "'?").orElse("")
            : "";
    return "unknown %s '%s'%s".formatted(what, found, hint);
  }

  /// A failure in one line.
  static String describe(Throwable e) {
    String message = e.getMessage();
    return switch (e) {
      case NoSuchFileException n -> "no such file: " + n.getFile();
      case AccessDeniedException n -> "no permission to use " + n.getFile();
      case UncheckedIOException n when n.getCause() != null -> describe(n.getCause());
      case CommandFailure _, ModelFormatException _, IOException _ when message != null ->
          firstLine(message);
      case IllegalArgumentException _, RunException _, TemplateException _, SamplingException _
          when message != null ->
          firstLine(message);
      default -> "Bug: " + e + "; run again with --debug and report what it prints";
    };
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("");
  }

  private void showTrace(Throwable e) {
    if (debug.getAsBoolean() || "1".equals(System.getenv("KAWI_DEBUG"))) {
      e.printStackTrace(console.err());
      console.err().flush();
    }
  }

  /// A writer on this stream in UTF-8, for picocli.
  static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }
}
