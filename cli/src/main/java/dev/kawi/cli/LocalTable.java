package dev.kawi.cli;

import dev.kawi.hub.LocalModel;
import dev.kawi.hub.OllamaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The models on this machine, each quantization of a GGUF repository in a row of its own.
final class LocalTable {
  private static final Pattern QUANTIZATION =
      Pattern.compile(
          "(?i)(?:^|[-._/])((?:UD-)?(?:I?Q\\d_\\w{1,6}|BF16|F16|F32|FP16|MXFP4))(?=[-./]|$)");

  private final Table table =
      Table.of("MODEL", "QUANTIZATION", ">SIZE", "DATE", "STORE", "REVISION");

  /// Adds the rows of a model of a hub.
  void add(LocalModel model) throws IOException {
    Map<String, Long> gguf = new LinkedHashMap<>();
    for (String file : model.files()) {
      if (file.endsWith(".gguf")) {
        gguf.merge(quantization(file), Files.size(model.folder().resolve(file)), Long::sum);
      }
    }
    if (gguf.isEmpty()) {
      gguf.put("-", model.bytes());
    }
    String date = date(model.folder(), model.files());
    gguf.forEach((quantization, bytes) ->
        table.row(
            model.id(),
            quantization,
            Sizes.bytes(bytes),
            date,
            model.hub().title(),
            shortened(model.revision())));
  }

  /// Adds a model of Ollama.
  void add(OllamaModel model) throws IOException {
    Path file = model.file();
    String date = date(file.toAbsolutePath().getParent(), List.of(file.getFileName().toString()));
    table.row(model.id(), "-", Sizes.bytes(model.bytes()), date, "Ollama", "");
  }

  void print(Console console) {
    table.print(console);
  }

  /// The quantization that the name of a file says.
  static String quantization(String file) {
    Matcher found = QUANTIZATION.matcher(file);
    return found.find() ? found.group(1).toUpperCase(Locale.ROOT) : "-";
  }

  /// The day on which the newest file came.
  private static String date(Path folder, List<String> files) throws IOException {
    Instant newest = Instant.EPOCH;
    for (String file : files) {
      Instant changed = Files.getLastModifiedTime(folder.resolve(file)).toInstant();
      newest = changed.isAfter(newest) ? changed : newest;
    }
    return LocalDate.ofInstant(newest, ZoneId.systemDefault()).toString();
  }

  private static String shortened(String revision) {
    return revision.matches("[0-9a-f]{40}") ? revision.substring(0, 8) : revision;
  }
}
