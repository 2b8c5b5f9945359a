package dev.kawi.cli;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi inspect FILE`: what a model file holds, without running it.
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Show what a model file holds: metadata, tensors, chat template, memory needed.",
    footer = {
      "",
      "Examples:",
      "  kawi inspect model.gguf",
      "  kawi inspect model.gguf --ctx 32768 --cache-type Q8_0",
      "  kawi inspect model.gguf --chat-template > template.jinja",
      "  kawi inspect model.gguf --json",
    })
final class Inspect implements Callable<Integer> {
  private static final int SHOWN_ELEMENTS = 8;
  private static final int SHOWN_CHARACTERS = 100;
  private static final int DEFAULT_CONTEXT = 4096;

  private final Console console;

  @Parameters(paramLabel = "FILE", description = "A GGUF file; of a split model any one.")
  private Path file = Path.of("");

  @Option(names = "--json", description = "Print JSON, long arrays in full.")
  private boolean json;

  @Option(names = "--chat-template", description = "Print the chat template alone.")
  private boolean chatTemplate;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description = "Say the memory for a context of N tokens (4096, or what the model has).")
  private Optional<Integer> context = Optional.empty();

  @Option(
      names = "--cache-type",
      paramLabel = "TYPE",
      defaultValue = "F16",
      description = "How keys and values are stored: F32, F16 or Q8_0 (${DEFAULT-VALUE}).")
  private StorageType cacheType = StorageType.F16;

  Inspect(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    context
        .filter(tokens -> tokens < 1)
        .ifPresent(tokens -> {
          throw new CommandFailure("--ctx must be at least 1 token, found " + tokens);
        });
    try (GgufFile gguf = GgufFile.open(file)) {
      if (chatTemplate) {
        console.out().println(templateOf(gguf).orElseThrow(() -> noTemplate(gguf)));
      } else if (json) {
        Json.print(console, asJson(gguf));
      } else {
        printSummary(gguf);
        printMetadata(gguf);
        printTensors(gguf);
      }
    }
    return 0;
  }

  private static CommandFailure noTemplate(GgufFile gguf) {
    return new CommandFailure(
        gguf.path() + " has no chat template (tokenizer.chat_template); it may be a base model");
  }

  private static Optional<String> templateOf(GgufFile gguf) {
    return gguf.metadata().string("tokenizer.chat_template");
  }

  private Map<String, Object> asJson(GgufFile gguf) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", gguf.path().toString());
    map.put("format", "GGUF " + gguf.version());
    map.put("files", gguf.paths().size());
    map.put("bytes", gguf.sizeBytes());
    gguf.metadata().string("general.architecture").ifPresent(a -> map.put("architecture", a));
    map.put("parameters", parameters(gguf));
    map.put("types", tensorsByType(gguf));
    memory(gguf).ifPresent(memory -> map.put("memory", memory));
    templateOf(gguf).ifPresent(template -> map.put("chatTemplate", template));
    map.put("metadata", gguf.metadata().asMap());
    map.put("tensors", gguf.tensors().stream().map(Inspect::asJson).toList());
    return map;
  }

  private static Map<String, Object> asJson(TensorInfo tensor) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", tensor.name());
    map.put("type", tensor.typeName());
    map.put("shape", tensor.shape());
    map.put("offset", tensor.offset());
    if (tensor.readable()) {
      map.put("bytes", tensor.bytes());
    }
    return map;
  }

  private Optional<Map<String, Object>> memory(GgufFile gguf) {
    return ContextMemory.of(gguf.metadata())
        .map(memory -> {
          int tokens = contextTokens(memory);
          Map<String, Object> map = new LinkedHashMap<>();
          map.put("context", tokens);
          map.put("cacheType", cacheType.name());
          map.put("cacheBytes", memory.bytes(tokens, cacheType));
          map.put("weightBytes", gguf.sizeBytes());
          return map;
        });
  }

  private int contextTokens(ContextMemory memory) {
    return context.orElse(Math.min(DEFAULT_CONTEXT, memory.contextLength()));
  }

  private void printSummary(GgufFile gguf) {
    String files = gguf.paths().size() > 1 ? ", " + gguf.paths().size() + " files" : "";
    row(
        "file",
        "%s (GGUF %d, %s%s)"
            .formatted(gguf.path(), gguf.version(), Sizes.bytes(gguf.sizeBytes()), files));
    gguf.metadata().string("general.name").ifPresent(name -> row("name", shorten(name)));
    row("architecture", gguf.metadata().string("general.architecture").orElse("not said"));
    long parameters = parameters(gguf);
    row("parameters", "%s (%s)".formatted(parameters, Sizes.count(parameters)));
    row(
        "types",
        tensorsByType(gguf).entrySet().stream()
            .map(type -> type.getKey() + " x " + type.getValue())
            .collect(Collectors.joining(", ")));
    row("template", templateOf(gguf).map(t -> t.length() + " characters").orElse("none"));
    ContextMemory.of(gguf.metadata()).ifPresent(memory -> printMemory(gguf, memory));
  }

  private void printMemory(GgufFile gguf, ContextMemory memory) {
    int tokens = contextTokens(memory);
    long cache = memory.bytes(tokens, cacheType);
    row("context", memory.contextLength() + " tokens in training");
    row(
        "memory",
        "%s weights + %s keys and values (%s) for %d tokens = %s"
            .formatted(
                Sizes.bytes(gguf.sizeBytes()),
                Sizes.bytes(cache),
                cacheType,
                tokens,
                Sizes.bytes(gguf.sizeBytes() + cache)));
  }

  private void row(String name, Object value) {
    console.out().printf("%-13s %s%n", name, value);
  }

  private void printMetadata(GgufFile gguf) {
    PrintStream out = console.out();
    out.printf("%n%d metadata entries%n", gguf.metadata().asMap().size());
    gguf.metadata().asMap().forEach((key, value) -> out.printf("  %s = %s%n", key, brief(value)));
  }

  private void printTensors(GgufFile gguf) {
    PrintStream out = console.out();
    int widest = gguf.tensors().stream().mapToInt(t -> t.name().length()).max().orElse(0);
    out.printf("%n%d tensors%n", gguf.tensors().size());
    for (TensorInfo tensor : gguf.tensors()) {
      out.printf(
          "  %-" + Math.clamp(widest, 1, 60) + "s  %-7s %-16s %s%n",
          tensor.name(),
          tensor.typeName(),
          tensor.shape(),
          tensor.readable() ? Sizes.bytes(tensor.bytes()) : "not readable by Kawi");
    }
  }

  private static long parameters(GgufFile gguf) {
    return gguf.tensors().stream().mapToLong(TensorInfo::elements).sum();
  }

  private static Map<String, Long> tensorsByType(GgufFile gguf) {
    return gguf.tensors().stream()
        .collect(Collectors.groupingBy(TensorInfo::typeName, TreeMap::new, Collectors.counting()));
  }

  /// A value on one line: the beginning of long texts, the first few of long arrays.
  static String brief(Object value) {
    if (value instanceof List<?> list) {
      return brief(list.size(), list);
    }
    if (value.getClass().isArray()) {
      int length = Array.getLength(value);
      List<Object> first = new ArrayList<>();
      for (int i = 0; i < Math.min(length, SHOWN_ELEMENTS); i++) {
        first.add(Array.get(value, i));
      }
      return brief(length, first);
    }
    return value instanceof String text ? shorten(text) : String.valueOf(value);
  }

  private static String brief(int length, List<?> elements) {
    String first =
        elements.stream()
            .limit(SHOWN_ELEMENTS)
            .map(
                element -> element instanceof String text ? shorten(text) : String.valueOf(element))
            .collect(Collectors.joining(", "));
    return length > SHOWN_ELEMENTS
        ? "[%s, ... %d in all]".formatted(first, length)
        : "[" + first + "]";
  }

  private static String shorten(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(SHOWN_CHARACTERS)
        .forEach(c -> {
          if (c == '\n') {
            line.append("\\n");
          } else {
            line.appendCodePoint(Character.isISOControl(c) ? '\ufffd' : c);
          }
        });
    boolean cut = text.codePointCount(0, text.length()) > SHOWN_CHARACTERS;
    return cut ? line + "... (" + text.length() + " characters)" : line.toString();
  }
}
