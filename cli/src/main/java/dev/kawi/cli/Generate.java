package dev.kawi.cli;

import dev.kawi.engine.GenerationRequest;
import dev.kawi.engine.GenerationResult;
import dev.kawi.engine.Model;
import dev.kawi.grammar.Constraint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `kawi generate`: a model goes on with raw text, as base models do.
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description = "Let a model continue raw text. For a conversation use chat.",
    footer = {
      "",
      "Examples:",
      "  kawi generate model.gguf \"Once upon a time\"",
      "  kawi generate --model model.gguf --prompt \"Once upon a time\"",
      "  kawi generate --model model.gguf --file story.txt -n 200 --temp 0",
      "  kawi generate --model model.gguf --adapter style.gguf=0.5 --prompt \"Once\"",
      "  kawi generate --model model.gguf --prompt \"def add(\" --stop \"\\ndef\" --json",
      "  kawi generate --model model.gguf --prompt \"A person as JSON: \" --json-schema"
          + " person.json",
    })
final class Generate implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final ModelOptions model;
  @Mixin private SamplingFlags sampling = new SamplingFlags();
  @Mixin private AnswerOptions answer = new AnswerOptions();
  @Mixin private StructureOptions structure = new StructureOptions();
  @Mixin private AdapterOptions adapters = new AdapterOptions();
  @ArgGroup private @Nullable Source source;

  @Parameters(
      paramLabel = "[MODEL] [TEXT]",
      arity = "0..2",
      hideParamSyntax = true,
      description = "The model, where --model does not name it, and the text to continue.")
  private List<String> words = List.of();

  @Option(names = "--echo", description = "Print the prompt before its continuation.")
  private boolean echo;

  @Option(names = "--json", description = "Print JSON at the end instead of text as it comes.")
  private boolean json;

  /// Where the prompt is; without any the text starts from the token that begins one.
  private static final class Source {
    @Option(
        names = {"-p", "--prompt"},
        paramLabel = "TEXT",
        description = "The text to continue; control tokens in it count.")
    private Optional<String> prompt = Optional.empty();

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "A file with the text; - is stdin.")
    private Optional<Path> file = Optional.empty();
  }

  Generate(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    Constraint constraint = structure.constraint();
    List<String> text = model.take(words);
    if (text.size() > 1 || (!text.isEmpty() && source != null)) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          "unknown argument '%s'; the prompt is given once, and a model before it must be a file or a name that kawi models knows"
              .formatted(text.getFirst()));
    }
    try (Model loaded = model.load();
        Drafting drafting = answer.drafting(model)) {
      String prompt = text.isEmpty() ? prompt() : text.getFirst();
      int[] ids = answer.fit(loaded.encodePrompt(prompt), loaded.contextLength(), console);
      GenerationRequest request =
          answer
              .apply(GenerationRequest.of(ids).with(sampling.options(loaded.tokenizer())))
              .with(constraint)
              .with(drafting.drafter())
              .with(adapters.load(loaded));
      if (json) {
        Json.printLine(console, AnswerJson.fields(loaded, loaded.generate(request).await()));
        return 0;
      }
      if (echo) {
        console.out().print(prompt);
      }
      GenerationResult result = loaded.generate(request, token -> console.stream(token.text()));
      console.out().print('\n');
      answer.report(result, console);
    }
    return 0;
  }

  private String prompt() throws IOException {
    Optional<Path> file = Optional.ofNullable(source).flatMap(s -> s.file);
    if (file.isPresent() && file.get().toString().equals("-")) {
      return TextFile.decode(console.in().readAllBytes(), "stdin");
    }
    return file.isPresent()
        ? TextFile.read(file.get())
        : Optional.ofNullable(source).flatMap(s -> s.prompt).orElse("");
  }
}
