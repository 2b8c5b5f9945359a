package dev.kawi.cli;

import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.ModelReference;
import dev.kawi.hub.OllamaStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi pull MODEL`: from a hub to the store.
@Command(
    name = "pull",
    mixinStandardHelpOptions = true,
    description =
        "Pull a model from ModelScope or Hugging Face into the store that their own tools use, too."
            + " A pull that was interrupted goes on where it was.",
    footer = {
      "",
      "The hubs are asked in this order (KAWI_HUBS=huggingface,modelscope turns it around).",
      "Mirrors: HF_ENDPOINT, MODELSCOPE_DOMAIN. Gated models: kawi login. Folders: HF_HOME,",
      "MODELSCOPE_CACHE. Network: HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE. Prints where the model is.",
      "ollama:NAME[:TAG] is a model that Ollama has here (OLLAMA_MODELS): it is used where it is,",
      "nothing is copied.",
      "",
      "Examples:",
      "  kawi pull qwen3:0.6b",
      "  kawi pull qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M",
      "  kawi pull hf-mirror.com/Qwen/Qwen3-0.6B-GGUF:Q8_0",
      "  kawi pull hf.co/Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf",
      "  kawi pull modelscope.cn/Qwen/Qwen3-0.6B@master",
      "  kawi pull https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/blob/main/Qwen3-0.6B-Q8_0.gguf",
      "  kawi pull ollama:llama3.2:1b",
    })
final class Pull implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "OWNER/NAME[/FILE][@REVISION][:QUANTIZATION], the address of its page, a short name of the"
              + " catalogue such as qwen3:0.6b, or ollama:NAME[:TAG].")
  private String model = "";

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "Requests at a time (${DEFAULT-VALUE}).")
  @Range(min = 1, max = 64)
  private int connections = 4;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  Pull(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (OllamaStore.isReference(model)) {
      print(model, OllamaStore.fromEnvironment().find(model));
      return 0;
    }
    HubSettings settings = HubSettings.fromEnvironment().withWorkers(connections);
    try (ModelHub hub = new ModelHub(settings)) {
      ModelReference reference = ModelNames.reference(console, hub, model);
      print(reference.toString(), Pulling.pull(console, hub, reference));
    }
    return 0;
  }

  private void print(String reference, Path path) {
    if (json) {
      Json.print(console, Map.of("model", reference, "path", path.toString()));
    } else {
      console.out().println(path);
    }
  }
}
