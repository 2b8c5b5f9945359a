package dev.kawi.cli;

import dev.kawi.hub.Hub;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.ModelReference;
import dev.kawi.hub.OllamaStore;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `kawi rm MODEL`: out of the store.
@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    description = "Delete a model, with all its files and revisions, from the store.",
    footer = {"", "Examples:", "  kawi rm qwen/Qwen2.5-0.5B-Instruct-GGUF"})
final class Rm implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "MODEL", description = "OWNER/NAME; kawi models --local lists them.")
  private String model = "";

  Rm(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (OllamaStore.isReference(model)) {
      throw new CommandFailure("kawi rm leaves Ollama's store alone; ollama rm deletes " + model);
    }
    ModelReference reference = ModelReference.parse(model);
    if (reference.file().isPresent() || reference.quantization().isPresent()) {
      throw new CommandFailure(
          "kawi rm deletes whole repositories: name " + reference.repository() + " alone");
    }
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      List<Hub> removed = hub.remove(reference);
      if (removed.isEmpty()) {
        throw new CommandFailure(
            reference + " is not in the store; kawi models --local shows what is");
      }
      removed.forEach(h -> console.say("deleted %s (%s)".formatted(model, h.title())));
    }
    return 0;
  }
}
