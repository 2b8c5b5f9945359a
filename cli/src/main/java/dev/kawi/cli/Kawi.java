package dev.kawi.cli;

import dev.kawi.explain.Language;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// The `kawi` program: finds the subcommand, runs it, and turns what happened into an exit code: 0
/// for success, 1 for a failure, 2 for wrong usage.
@Command(
    name = "kawi",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Open language models on the JVM: find them, run them and look inside.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 success, 1 failure, 2 wrong usage. kawi COMMAND --help tells more.",
      "",
      "Examples:",
      "  kawi recommend",
      "  kawi chat qwen3:0.6b",
      "  kawi chat model.gguf",
      "  kawi generate model.gguf \"Once upon a time\"",
      "  kawi inspect model.gguf",
    })
public final class Kawi implements Runnable {
  /// In the order in which the help lists them.
  private static final List<Class<?>> COMMANDS =
      List.of(
          Chat.class,
          Generate.class,
          Fill.class,
          ExplainCommand.class,
          Tokenize.class,
          Template.class,
          Logits.class,
          Score.class,
          Embed.class,
          Rerank.class,
          PerplexityCommand.class,
          Bench.class,
          Inspect.class,
          Convert.class,
          RandomCommand.class,
          RunsCommand.class,
          Pull.class,
          Models.class,
          ListCommand.class,
          Show.class,
          SearchCommand.class,
          Rm.class,
          Login.class,
          WhoAmI.class,
          MapCommand.class,
          Recommend.class,
          InfoCommand.class,
          VersionCommand.class,
          HelpCommand.class,
          PsCommand.class,
          ServeCommand.class);

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "On an error show where it happened, as KAWI_DEBUG=1 does.")
  private boolean debug;

  @Option(
      names = "--lang",
      paramLabel = "en|zh",
      scope = ScopeType.INHERIT,
      converter = LanguageName.class,
      description = "The language of what teaches (that of the system): English or Chinese.")
  private Optional<Language> language = Optional.empty();

  private Language usual = Language.ENGLISH;

  @Spec private CommandSpec spec;

  /// The languages by their tags.
  static final class LanguageName implements ITypeConverter<Language> {
    @Override
    public Language convert(String tag) {
      return Stream.of(Language.values())
          .filter(language -> language.tag().equals(tag))
          .findFirst()
          .orElseThrow(() -> new TypeConversionException("expected en or zh, found '" + tag + "'"));
    }
  }

  /// The language of the reader.
  Language language() {
    return language.orElse(usual);
  }

  /// Without a subcommand there is nothing to run: the usage goes to stderr.
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }

  /// Runs the program and ends the JVM with its exit code.
  public static void main(String[] args) {
    StandardError.restore();
    Console console = Console.ofProcess();
    int exitCode = run(console, args);
    console.flush();
    System.exit(exitCode);
  }

  /// Runs one command line on these streams and returns its exit code; usable many times in one
  /// JVM.
  static int run(Console console, String... args) {
    Kawi kawi = new Kawi();
    CommandLine commandLine = commandLine(kawi, console, needed(args));
    kawi.usual = Texts.language(Kawi::environment, args);
    if (kawi.usual != Language.ENGLISH) {
      Texts.of(kawi.usual).translate(commandLine);
    }
    Failures failures = new Failures(console, () -> kawi.debug);
    int exitCode =
        commandLine
            .setOut(Failures.writer(console.out()))
            .setErr(Failures.writer(console.err()))
            .setUsageHelpAutoWidth(false)
            .setUsageHelpWidth(100)
            .setExecutionStrategy(new OptionRanges())
            .setParameterExceptionHandler(failures)
            .setExecutionExceptionHandler(failures)
            .execute(args);
    return console.out().failure().map(e -> unwritten(console, e)).orElse(exitCode);
  }

  /// A variable of the environment; the launcher passes on that of the locale before it sets it.
  private static @Nullable String environment(String name) {
    String locale = System.getProperty("kawi.locale");
    return locale == null ? System.getenv(name) : name.equals("LC_ALL") ? locale : null;
  }

  /// An answer that did not get out is a failure. Where its reader has gone away (`| head`), there
  /// is nobody to tell.
  private static int unwritten(Console console, IOException e) {
    String reason = String.valueOf(e.getMessage());
    if (!reason.contains("Broken pipe")) {
      console.say("cannot write the answer to stdout: " + reason);
    }
    return ExitCode.SOFTWARE;
  }

  /// Reading the options of a dozen commands takes as long as the rest of the start, so a command
  /// line that names its command first gets that one alone.
  private static List<Class<?>> needed(String... args) {
    if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
      return List.of();
    }
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(c -> args.length > 0 && names(c).anyMatch(args[0]::equals))
            .toList();
    return named.isEmpty() || named.contains(HelpCommand.class) ? COMMANDS : named;
  }

  private static Stream<String> names(Class<?> command) {
    Command annotation = command.getAnnotation(Command.class);
    return Stream.concat(Stream.of(annotation.name()), Stream.of(annotation.aliases()));
  }

  /// The command line with all commands.
  static CommandLine withAllCommands(Console console) {
    return commandLine(new Kawi(), console, COMMANDS);
  }

  private static CommandLine commandLine(Kawi kawi, Console console, List<Class<?>> commands) {
    CommandLine commandLine = new CommandLine(kawi, new CommandFactory(console));
    commands.forEach(commandLine::addSubcommand);
    return commandLine.setCaseInsensitiveEnumValuesAllowed(true);
  }
}
