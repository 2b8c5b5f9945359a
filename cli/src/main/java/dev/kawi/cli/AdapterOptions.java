package dev.kawi.cli;

import dev.kawi.engine.Model;
import dev.kawi.nn.Adapter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/// The option of commands that answer with adapters.
final class AdapterOptions {
  private static final Pattern SCALED = Pattern.compile("(.+)=([-+]?[0-9.]+(?:[eE][-+]?\\d+)?)");

  @Option(
      names = "--adapter",
      paramLabel = "F[=SCALE]",
      description =
          "A LoRA adapter of the model: a folder of PEFT or a GGUF file, and how strong it is (1)."
              + " Several add up.")
  private List<String> adapters = List.of();

  /// All of them as one.
  Adapter load(Model model) throws IOException {
    List<Adapter> all = new ArrayList<>();
    for (String text : adapters) {
      Matcher scaled = SCALED.matcher(text);
      String file = scaled.matches() ? scaled.group(1) : text;
      Adapter adapter = model.adapters().load(text, Path.of(file));
      all.add(scaled.matches() ? adapter.scaled(scale(scaled.group(2), text)) : adapter);
    }
    return Adapter.sum(all);
  }

  private static float scale(String number, String text) {
    try {
      return Float.parseFloat(number);
    } catch (NumberFormatException e) {
      throw new CommandFailure("--adapter " + text + ": " + number + " is no number");
    }
  }
}
