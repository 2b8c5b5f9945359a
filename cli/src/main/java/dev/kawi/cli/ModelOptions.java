package dev.kawi.cli;

import dev.kawi.chat.Embedder;
import dev.kawi.chat.Reranker;
import dev.kawi.engine.EngineOptions;
import dev.kawi.engine.Model;
import dev.kawi.engine.TextModels;
import dev.kawi.gguf.Access;
import dev.kawi.kernel.Cpu;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The options of every command that runs a model.
final class ModelOptions {
  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "The model: a GGUF file (of a split one any part), a publisher's folder, or"
              + " OWNER/NAME[:QUANTIZATION] on ModelScope or Hugging Face or a short name as qwen3:0.6b,"
              + " which is pulled when it is not here yet, or ollama:NAME[:TAG], which Ollama has"
              + " here.")
  private Optional<String> model = Optional.empty();

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  private final Console console;

  ModelOptions(Console console) {
    this.console = console;
  }

  @Option(
      names = {"-c", "--ctx"},
      paramLabel = "N",
      description =
          "Tokens of prompt and answer together (what the model was made for, at most 8192).")
  @Range(min = 1)
  private int context;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      description = "Threads (the physical cores that this process may use).")
  @Range(min = 1, max = 1024)
  private Optional<Integer> threads = Optional.empty();

  @Option(
      names = "--kv-type",
      paramLabel = "TYPE",
      description = "Storage of keys and values: F32, F16 or Q8_0 (F16).")
  private StorageType cacheType = StorageType.F16;

  @Option(
      names = "--cache-folder",
      paramLabel = "FOLDER",
      description =
          "Keep keys and values of what was read in this folder, where they are found again the next"
              + " time, so that a long beginning is not computed twice. It is made for you alone,"
              + " since it tells what was asked.")
  private Optional<Path> cacheFolder = Optional.empty();

  @Option(
      names = "--cache-folder-size",
      paramLabel = "SIZE",
      description =
          "What the files of the cache folder may take, such as 500MB or 20GB; the oldest are"
              + " removed first (4GB).")
  private String cacheFolderSize = "4GB";

  @Option(
      names = "--no-mmap",
      description =
          "Read the file into memory instead of mapping it; a mapped file that someone cuts off"
              + " while it is used ends the process.")
  private boolean noMmap;

  /// Whether a model was named.
  boolean isGiven() {
    return model.isPresent();
  }

  /// Takes the model from the words of the command line, where no option names it and the first
  /// word does; the words that are left.
  List<String> take(List<String> words) {
    if (model.isPresent() || words.isEmpty() || !ModelNames.isOne(words.getFirst())) {
      return words;
    }
    model = Optional.of(words.getFirst());
    return words.subList(1, words.size());
  }

  /// Takes this model.
  void take(String name) {
    model = Optional.of(name);
  }

  private ParameterException noModel() {
    return new ParameterException(
        Objects.requireNonNull(command).commandLine(),
        "a model is needed: as the first word, or with --model");
  }

  /// Threads of a step.
  int threads() {
    return threads.orElseGet(() -> Cpu.detect().defaultThreads());
  }

  /// The context asked for.
  Optional<Integer> context() {
    return context > 0 ? Optional.of(context) : Optional.empty();
  }

  /// Loads the model; the caller closes it.
  Model load() throws IOException {
    return load(context);
  }

  /// Loads another model with the same options; the caller closes it.
  Model loadBeside(String other) throws IOException {
    return Model.load(Pulling.file(console, other), options(context));
  }

  /// Loads the model with room for at least `tokens` tokens when no context was asked for.
  Model loadFor(int tokens) throws IOException {
    return load(context > 0 ? context : tokens);
  }

  private Model load(int tokens) throws IOException {
    return Model.load(path(), options(tokens));
  }

  /// Loads the model with a context for so many tokens, if none was asked for, and pages of so many
  /// positions; the caller closes it.
  Model loadFor(int tokens, int page) throws IOException {
    return Model.load(path(), options(context > 0 ? context : tokens).withPageSize(page));
  }

  /// Loads a model that embeds texts; the caller closes it.
  Embedder loadEmbedder() throws IOException {
    return TextModels.embedder(path(), options(context));
  }

  /// Loads a model that scores pairs of texts; the caller closes it.
  Reranker loadReranker() throws IOException {
    return TextModels.reranker(path(), options(context));
  }

  private Path path() throws IOException {
    return Pulling.file(console, model.orElseThrow(this::noModel));
  }

  private EngineOptions options(int tokens) {
    EngineOptions options =
        EngineOptions.defaults()
            .withContextLength(tokens)
            .withThreads(threads())
            .withCacheType(cacheType)
            .withAccess(noMmap ? Access.READ : Access.MAP);
    long size = cacheFolderBytes();
    return cacheFolder.map(folder -> options.withSpill(folder, size)).orElse(options);
  }

  private long cacheFolderBytes() {
    double bytes = Sizes.parse(cacheFolderSize).orElse(0);
    if (bytes < 1) {
      throw new ParameterException(
          Objects.requireNonNull(command).commandLine(),
          "--cache-folder-size: expected a size such as 500MB or 20GB, found " + cacheFolderSize);
    }
    return (long) bytes;
  }
}
