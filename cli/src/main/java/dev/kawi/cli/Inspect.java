package dev.kawi.cli;

import dev.kawi.gguf.Access;
import dev.kawi.gguf.ModelFile;
import dev.kawi.weights.Inspection;
import dev.kawi.weights.MemoryNeed;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi inspect MODEL`: what a model file holds, without running it.
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Show what a model file holds: metadata, tensors, chat template, memory needed.",
    footer = {
      "",
      "Examples:",
      "  kawi inspect model.gguf",
      "  kawi inspect model.gguf --ctx 32768",
      "  kawi inspect model.gguf --chat-template > template.jinja",
      "  kawi inspect model.gguf --json",
      "  kawi inspect ollama:qwen3:0.6b",
    })
final class Inspect implements Callable<Integer> {
  private static final int SHOWN_CHARACTERS = 100;

  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A GGUF file (of a split model any one), a publisher's folder, or the name of a model that"
              + " is here: OWNER/NAME[:QUANTIZATION] or ollama:NAME[:TAG].")
  private String model = "";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(names = "--chat-template", description = "Print the chat template alone.")
  private boolean chatTemplate;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description = "Say the memory for a context of N tokens (what the model was made for).")
  @Range(min = 1)
  private Optional<Integer> context = Optional.empty();

  Inspect(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    try (ModelFile file = ModelFiles.open(Pulling.local(console, model), Access.MAP)) {
      Inspection inspection =
          context.map(tokens -> Inspection.of(file, tokens)).orElseGet(() -> Inspection.of(file));
      if (chatTemplate) {
        console.out().println(inspection.chatTemplate().orElseThrow(this::noTemplate));
      } else if (json) {
        Json.print(console, inspection);
      } else {
        summary(file.path(), inspection).forEach(this::row);
        printMetadata(inspection);
        printTensors(inspection);
      }
    }
    return 0;
  }

  private CommandFailure noTemplate() {
    return new CommandFailure(
        model + " has no chat template (tokenizer.chat_template); it may be a base model");
  }

  /// The first lines that describe a model file.
  static Map<String, Object> summary(Path path, Inspection found) {
    Map<String, Object> rows = new LinkedHashMap<>();
    String files = found.files().size() > 1 ? ", " + found.files().size() + " files" : "";
    rows.put(
        "file",
        "%s (%s, %s%s)".formatted(path, found.format(), Sizes.bytes(found.sizeBytes()), files));
    found.name().ifPresent(name -> rows.put("name", brief(name)));
    rows.put("architecture", found.architecture().orElse("not said"));
    rows.put(
        "parameters",
        String.format(
            Locale.ROOT,
            "%d (%s), %.2f bits each",
            found.parameters(),
            Sizes.count(found.parameters()),
            found.bitsPerWeight()));
    rows.put(
        "storage", found.storage().stream().map(Inspect::share).collect(Collectors.joining(", ")));
    rows.put("template", found.chatTemplate().map(t -> t.length() + " characters").orElse("none"));
    found.memory().ifPresent(memory -> rows.put("memory", said(memory)));
    return rows;
  }

  private static String share(Inspection.Storage storage) {
    return "%s x %d (%s)%s"
        .formatted(
            storage.type(),
            storage.tensors(),
            Sizes.bytes(storage.bytes()),
            storage.readable() ? "" : " NOT READABLE BY KAWI");
  }

  private static String said(MemoryNeed memory) {
    return memory.keyValues().stream()
        .map(kv ->
            "%s with keys and values in %s".formatted(Sizes.bytes(kv.totalBytes()), kv.type()))
        .collect(Collectors.joining(", ", "for %d tokens: ".formatted(memory.contextLength()), ""));
  }

  private void row(String name, Object value) {
    console.out().printf("%-13s %s%n", name, value);
  }

  private void printMetadata(Inspection found) {
    PrintStream out = console.out();
    out.printf("%n%d metadata entries%n", found.metadata().size());
    for (Inspection.Entry entry : found.metadata()) {
      out.printf("  %-42s %-13s %s%n", entry.key(), entry.type(), brief(entry));
    }
  }

  private void printTensors(Inspection found) {
    PrintStream out = console.out();
    int widest = found.tensors().stream().mapToInt(t -> t.name().length()).max().orElse(0);
    String line = "  %-" + Math.clamp(widest, 1, 60) + "s  %-7s %-18s %s%n";
    out.printf("%n%d tensors%n", found.tensors().size());
    for (Inspection.Tensor tensor : found.tensors()) {
      out.printf(line, tensor.name(), tensor.type(), tensor.shape(), Sizes.bytes(tensor.bytes()));
    }
  }

  private static String brief(Inspection.Entry entry) {
    return entry.value() instanceof List<?> first
        ? first.stream().map(String::valueOf).map(Inspect::brief).collect(Collectors.joining(", "))
            + (entry.type().endsWith("[" + first.size() + "]") ? "" : ", ...")
        : brief(String.valueOf(entry.value()));
  }

  /// A text on one line, its beginning if it is long.
  private static String brief(String text) {
    StringBuilder line = new StringBuilder();
    text.replace("\n", "\\n")
        .codePoints()
        .limit(SHOWN_CHARACTERS)
        .forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? '\ufffd' : c));
    boolean cut = text.codePointCount(0, text.length()) > SHOWN_CHARACTERS;
    return cut ? line + "... (" + text.length() + " characters)" : line.toString();
  }
}
