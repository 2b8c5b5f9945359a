package dev.kawi.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Texts as arguments, and in a file.
final class TextList {
  @Parameters(paramLabel = "TEXT", arity = "0..*", description = "Texts.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--texts",
      paramLabel = "FILE.json",
      description = "A JSON array of texts, after those given.")
  private Optional<Path> file = Optional.empty();

  /// All of them, in order.
  List<String> read() throws IOException {
    List<String> all = new ArrayList<>(texts);
    if (file.isPresent()) {
      all.addAll(Json.strings(file.get()));
    }
    return all;
  }
}
