package dev.kawi.cli;

import dev.kawi.gguf.GgufFile;
import dev.kawi.token.EncodeOptions;
import dev.kawi.token.EncodeOptions.Controls;
import dev.kawi.token.EncodeOptions.Ends;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Tokenizers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi tokenize`: text to token ids, and each token with its text for people.
@Command(
    name = "tokenize",
    mixinStandardHelpOptions = true,
    description = "Turn text into the tokens of a model.",
    footer = {
      "",
      "Examples:",
      "  kawi tokenize --model model.gguf \"Once upon a time\"",
      "  kawi tokenize --model tokenizer.json --file text.txt --json",
      "  echo Hello | kawi tokenize --model model.gguf --no-bos",
    })
final class Tokenize implements Callable<Integer> {
  private final Console console;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "MODEL",
      description =
          "A GGUF file, a tokenizer file (tokenizer.json ...), a folder with one, or the name of a"
              + " model that is here: OWNER/NAME[:QUANTIZATION] or ollama:NAME[:TAG].")
  private String model = "";

  @ArgGroup private @Nullable Source source;

  @Option(names = "--no-bos", description = "Add no token that begins (or ends) a text.")
  private boolean noBos;

  @Option(
      names = "--no-parse-special",
      description = "Take the text of control tokens such as <|im_end|> as plain text.")
  private boolean noParseSpecial;

  @Option(names = "--json", description = "Print an array of ids (of arrays with --texts).")
  private boolean json;

  /// Where the text is; stdin without any.
  private static final class Source {
    @Parameters(paramLabel = "TEXT", arity = "0..1", description = "The text.")
    private Optional<String> text = Optional.empty();

    @Option(names = "--file", paramLabel = "FILE", description = "A file with the text.")
    private Optional<Path> file = Optional.empty();

    @Option(
        names = "--texts",
        paramLabel = "FILE.json",
        description = "A JSON array of texts, each encoded on its own.")
    private Optional<Path> texts = Optional.empty();
  }

  Tokenize(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Tokenizer tokenizer = tokenizer();
    Optional<Path> texts = Optional.ofNullable(source).flatMap(s -> s.texts);
    if (texts.isPresent()) {
      List<int[]> all = Json.strings(texts.get()).stream().map(t -> encode(tokenizer, t)).toList();
      if (json) {
        Json.printLine(console, all);
      } else {
        all.forEach(ids -> Json.printLine(console, ids));
      }
    } else if (json) {
      Json.printLine(console, encode(tokenizer, text()));
    } else {
      print(tokenizer, encode(tokenizer, text()));
    }
    return 0;
  }

  private Tokenizer tokenizer() throws IOException {
    Path path = Pulling.local(console, model);
    if (Files.isDirectory(path) || !isGguf(path)) {
      return Tokenizers.load(path);
    }
    try (GgufFile file = GgufFile.open(path)) {
      return Tokenizers.from(file.metadata());
    }
  }

  private static boolean isGguf(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("GGUF");
    }
  }

  private String text() throws IOException {
    Optional<Path> file = Optional.ofNullable(source).flatMap(s -> s.file);
    if (file.isPresent()) {
      return TextFile.read(file.get());
    }
    Optional<String> text = Optional.ofNullable(source).flatMap(s -> s.text);
    return text.isPresent() ? text.get() : TextFile.decode(console.in().readAllBytes(), "stdin");
  }

  private int[] encode(Tokenizer tokenizer, String text) {
    return tokenizer.encode(
        text,
        new EncodeOptions(
            noParseSpecial ? Controls.AS_TEXT : Controls.PARSED,
            noBos ? Ends.NONE : Ends.BY_MODEL_RULE));
  }

  private void print(Tokenizer tokenizer, int[] ids) {
    for (int id : ids) {
      console.out().printf("%8d  %s%n", id, tokenizer.vocabulary().text(id).replace("\n", "\\n"));
    }
    console.say(ids.length + " tokens");
  }
}
