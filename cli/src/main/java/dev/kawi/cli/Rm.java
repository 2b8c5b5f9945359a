package dev.kawi.cli;

import dev.kawi.hub.Hub;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.LocalModel;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.ModelReference;
import dev.kawi.hub.OllamaStore;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi rm MODEL`: out of the store.
@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    description = {
      "Delete a model, with all its files and revisions, from the store, or one quantization of it.",
      "On a terminal it asks before.",
    },
    footer = {
      "",
      "Examples:",
      "  kawi rm qwen/Qwen2.5-0.5B-Instruct-GGUF",
      "  kawi rm qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M --yes",
    })
final class Rm implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description = "OWNER/NAME[:QUANTIZATION]; kawi models --local lists them.")
  private String model = "";

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  private boolean yes;

  Rm(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (OllamaStore.isReference(model)) {
      throw new CommandFailure("kawi rm leaves Ollama's store alone; ollama rm deletes " + model);
    }
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      ModelReference reference = ModelNames.reference(console, hub, model);
      List<LocalModel> found = hub.local(reference);
      if (!found.isEmpty() && !isWanted(found)) {
        console.say("nothing was deleted");
        return ExitCode.SOFTWARE;
      }
      List<Hub> removed = hub.remove(reference);
      if (removed.isEmpty()) {
        throw new CommandFailure(
            reference + " is not in the store; kawi models --local shows what is");
      }
      removed.forEach(h -> console.say("deleted %s (%s)".formatted(model, h.title())));
    }
    return 0;
  }

  private boolean isWanted(List<LocalModel> found) throws IOException {
    if (yes || !console.terminal().in() || !console.terminal().err()) {
      return true;
    }
    long bytes = found.stream().mapToLong(LocalModel::bytes).sum();
    long files = found.stream().mapToLong(m -> m.files().size()).sum();
    return console.asks(
        "delete %s (%d files, %s)?".formatted(model, files, Sizes.bytes(bytes)), Console.Enter.NO);
  }
}
