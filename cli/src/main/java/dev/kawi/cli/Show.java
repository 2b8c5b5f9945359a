package dev.kawi.cli;

import dev.kawi.gguf.Access;
import dev.kawi.gguf.ModelFile;
import dev.kawi.hub.Catalogue;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.ModelReference;
import dev.kawi.hub.OllamaStore;
import dev.kawi.hub.Quantization;
import dev.kawi.hub.RemoteFile;
import dev.kawi.hub.RemoteRepository;
import dev.kawi.weights.Inspection;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi show MODEL`: what the catalogue knows of a model, or what a repository holds.
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Show what the catalogue says of a model, or the files of a repository.",
    footer = {
      "",
      "Examples:",
      "  kawi show Qwen2.5-0.5B-Instruct",
      "  kawi show qwen/Qwen2.5-0.5B-Instruct-GGUF",
      "  kawi show ollama:qwen3:0.6b",
    })
final class Show implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "The name of a model in the catalogue, OWNER/NAME on a hub, or ollama:NAME[:TAG].")
  private String model = "";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  Show(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Optional<Catalogue.Entry> entry = Catalogue.load().find(model);
    if (OllamaStore.isReference(model)) {
      showFile(Pulling.local(console, model));
    } else if (entry.isPresent()) {
      Map<String, Object> facts = facts(entry.get());
      if (json) {
        Json.print(console, facts);
      } else {
        print(facts);
      }
    } else if (ModelReference.isOne(model)) {
      showRepository(ModelReference.parse(model));
    } else {
      throw new CommandFailure(
          "'%s' is neither in the catalogue (kawi models) nor OWNER/NAME%s"
              .formatted(
                  model,
                  Nearest.to(model, Catalogue.load().entries().map(e -> e.model().name()).toList())
                      .map(n -> "; did you mean '" + n + "'?")
                      .orElse("")));
    }
    return 0;
  }

  private void showFile(Path path) throws IOException {
    try (ModelFile file = ModelFiles.open(path, Access.MAP)) {
      Inspection found = Inspection.of(file);
      if (json) {
        Json.print(console, found);
      } else {
        print(Inspect.summary(path, found));
      }
    }
  }

  private void print(Map<String, Object> facts) {
    facts.forEach((name, value) -> console.out().printf("%-14s %s%n", name, value));
  }

  private static Map<String, Object> facts(Catalogue.Entry entry) {
    Map<String, Object> facts = new LinkedHashMap<>();
    Catalogue.Model model = entry.model();
    facts.put("name", model.name());
    facts.put("family", entry.family().name());
    facts.put("organisation", entry.family().organisation());
    facts.put("kind", model.kind());
    put(facts, "parameters", Optional.ofNullable(model.parameters()).map(Sizes::count));
    put(facts, "architecture", entry.architecture());
    put(facts, "context", entry.context());
    put(facts, "licence", entry.licence());
    put(facts, "licence note", Optional.ofNullable(entry.family().licenceNote()));
    if (!entry.languages().isEmpty()) {
      facts.put("languages", String.join(", ", entry.languages()));
    }
    put(facts, "tuned from", Optional.ofNullable(model.tunedFrom()));
    put(facts, "Hugging Face", Optional.ofNullable(model.huggingface()));
    put(facts, "ModelScope", Optional.ofNullable(model.modelscope()));
    put(facts, "GGUF", Optional.ofNullable(model.gguf()));
    put(
        facts,
        "note",
        Optional.ofNullable(model.note()).or(() -> Optional.ofNullable(entry.family().note())));
    facts.put("source", Optional.ofNullable(model.source()).orElse(entry.family().source()));
    Optional.ofNullable(model.parameters())
        .ifPresent(parameters ->
            Quantization.ALL.forEach(q ->
                facts.put(
                    q.name(),
                    "%s of memory, %s"
                        .formatted(Sizes.bytes((long) q.memory(parameters)), q.remark()))));
    return facts;
  }

  private static void put(Map<String, Object> facts, String name, Optional<?> value) {
    value.ifPresent(v -> facts.put(name, v));
  }

  private void showRepository(ModelReference reference) throws IOException {
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      RemoteRepository repository = hub.show(reference);
      if (json) {
        Json.print(console, repository);
        return;
      }
      console
          .out()
          .printf(
              "%s on %s, %s (%s)%n",
              repository.id(),
              repository.hub().title(),
              repository.revision(),
              repository.commit());
      Set<RemoteFile> chosen = new HashSet<>(chosen(reference, repository));
      for (RemoteFile file : repository.files()) {
        console
            .out()
            .printf(
                "%s %-60s %s%n",
                chosen.contains(file) ? "*" : " ", file.path(), Sizes.bytes(file.size()));
      }
      console.say("kawi pull " + reference + " would pull the files marked with *");
    }
  }

  private static List<RemoteFile> chosen(ModelReference reference, RemoteRepository repository) {
    try {
      return ModelHub.choose(reference, repository);
    } catch (IOException e) {
      return List.of(); // nothing that Kawi could run
    }
  }
}
