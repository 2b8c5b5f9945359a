package dev.kawi.cli;

import dev.kawi.engine.GenerationRequest;
import dev.kawi.engine.Model;
import dev.kawi.token.FillInTheMiddle;
import dev.kawi.token.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `kawi fill`: a code model writes what is missing between two pieces of code.
@Command(
    name = "fill",
    mixinStandardHelpOptions = true,
    description = "Let a code model fill a gap, by its fill-in-the-middle tokens.",
    footer = {
      "",
      "Examples:",
      "  kawi fill --model coder.gguf --prefix \"int add(int a, int b) {\" --suffix \"}\"",
      "  kawi fill --model coder.gguf --file Main.java --mark \"// HERE\" --temp 0",
    })
final class Fill implements Callable<Integer> {
  private final Console console;

  @Mixin private final ModelOptions model;
  @Mixin private SamplingFlags sampling = new SamplingFlags();
  @Mixin private AnswerOptions answer = new AnswerOptions();

  @Option(names = "--prefix", paramLabel = "TEXT", description = "The code before the gap.")
  private String prefix = "";

  @Option(names = "--suffix", paramLabel = "TEXT", description = "The code after the gap.")
  private String suffix = "";

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "A file with a gap marked by --mark.")
  private Optional<Path> file = Optional.empty();

  @Option(names = "--mark", paramLabel = "TEXT", description = "What stands in the gap (<FILL>).")
  private String mark = "<FILL>";

  Fill(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    if (file.isPresent()) {
      split(TextFile.read(file.get()));
    }
    try (Model loaded = model.load()) {
      GenerationRequest request =
          answer.apply(
              GenerationRequest.of(prompt(loaded)).with(sampling.options(loaded.tokenizer())));
      var result = loaded.generate(request, token -> console.stream(token.text()));
      console.out().print('\n');
      answer.report(result, console);
    }
    return 0;
  }

  private void split(String text) {
    int at = text.indexOf(mark);
    if (at < 0) {
      throw new CommandFailure(
          "%s has no mark '%s'; put it where the gap is".formatted(file.orElseThrow(), mark));
    }
    prefix = text.substring(0, at);
    suffix = text.substring(at + mark.length());
  }

  /// Prefix token, prefix, suffix token, suffix, middle token.
  private int[] prompt(Model loaded) {
    Tokenizer tokenizer = loaded.tokenizer();
    FillInTheMiddle tokens = tokenizer.vocabulary().fillInTheMiddle();
    if (!tokens.isSupported()) {
      throw new CommandFailure(
          loaded.name()
              + " has no fill-in-the-middle tokens; only some code models do (CodeLlama, StarCoder 2,"
              + " Qwen2.5-Coder, DeepSeek-Coder ...)");
    }
    OptionalInt bos =
        tokenizer.vocabulary().addsBos() ? tokenizer.vocabulary().bos() : OptionalInt.empty();
    return Stream.of(
            bos.stream(),
            tokens.prefix().stream(),
            IntStream.of(tokenizer.encode(prefix)),
            tokens.suffix().stream(),
            IntStream.of(tokenizer.encode(suffix)),
            tokens.middle().stream())
        .flatMapToInt(ids -> ids)
        .toArray();
  }
}
