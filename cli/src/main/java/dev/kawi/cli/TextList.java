package dev.kawi.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Texts as arguments, and in a file.
final class TextList {
  @Parameters(paramLabel = "TEXT", arity = "0..*", description = "Texts.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--texts",
      paramLabel = "FILE",
      description =
          "Texts after those given: a JSON array in a file that ends in .json, else one a line.")
  private Optional<Path> file = Optional.empty();

  /// All of them, in order.
  List<String> read() throws IOException {
    List<String> all = new ArrayList<>(texts);
    if (file.isPresent()) {
      Path from = file.get();
      boolean json = from.toString().toLowerCase(Locale.ROOT).endsWith(".json");
      all.addAll(json ? Json.strings(from) : TextFile.read(from).lines().toList());
    }
    return all;
  }
}
