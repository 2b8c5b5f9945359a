package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

// How it works. Ollama keeps, in `~/.ollama/models` or where OLLAMA_MODELS says:
//   manifests/HOST/NAMESPACE/NAME/TAG   JSON that lists the layers of a model
//   blobs/sha256-DIGEST                 a layer; that of the weights is a GGUF file

/// The models that Ollama has on this machine. Kawi uses their weights where they are and never
/// writes there. Of a model only the weights are used: template and parameters are those of the
/// GGUF file.
///
/// @param root the folder of `manifests` and `blobs`
public record OllamaStore(Path root) {
  private static final String PREFIX = "ollama:";
  private static final String REGISTRY = "registry.ollama.ai";
  private static final String LIBRARY = "library";
  private static final String LATEST = "latest";
  private static final String WEIGHTS = "application/vnd.ollama.image.model";
  private static final String ADAPTER = "application/vnd.ollama.image.adapter";
  private static final int MAX_MANIFEST_BYTES = 1 << 20;
  private static final int MANIFEST_DEPTH = 4;
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final Pattern DIGEST = Pattern.compile("sha256[:-]([0-9a-f]{64})");
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /// The store of the user of this process.
  public static OllamaStore fromEnvironment() {
    return from(System::getenv, Path.of(System.getProperty("user.home")));
  }

  /// The store that these variables give to a user with this home.
  static OllamaStore from(UnaryOperator<@Nullable String> environment, Path home) {
    String folder = Optional.ofNullable(environment.apply("OLLAMA_MODELS")).orElse("").strip();
    return new OllamaStore(
        folder.isEmpty() ? home.resolve(".ollama").resolve("models") : Path.of(folder));
  }

  /// Whether a text names a model of Ollama: `ollama:NAME[:TAG]`.
  public static boolean isReference(String text) {
    return text.startsWith(PREFIX);
  }

  /// The weights of a model.
  ///
  /// @param reference `ollama:[[HOST/]NAMESPACE/]NAME[:TAG]`
  /// @throws HubException if it is not here, or not whole
  public Path find(String reference) throws IOException {
    Name name = Name.parse(reference);
    Path manifest = root.resolve("manifests");
    for (String part : name.parts()) {
      manifest = manifest.resolve(part);
    }
    if (!Files.isRegularFile(manifest)) {
      throw new HubException(
          Reason.NOT_FOUND,
          "ollama: %s has no %s; `ollama pull %s` gets it, `kawi models --local` shows what is here"
              .formatted(root, name, name));
    }
    return weights(manifest, name).file();
  }

  /// All models whose weights are here and whole, by name.
  public List<OllamaModel> list() throws IOException {
    Path manifests = root.resolve("manifests");
    if (!Files.isDirectory(manifests)) {
      return List.of();
    }
    List<OllamaModel> models = new ArrayList<>();
    try (Stream<Path> files = Files.find(manifests, MANIFEST_DEPTH, (_, a) -> a.isRegularFile())) {
      for (Path manifest : files.toList()) {
        Optional<Name> name = Name.of(manifests.relativize(manifest));
        if (name.isPresent()) {
          add(models, manifest, name.get());
        }
      }
    }
    models.sort(Comparator.comparing(OllamaModel::id));
    return models;
  }

  private void add(List<OllamaModel> models, Path manifest, Name name) throws IOException {
    try {
      models.add(weights(manifest, name));
    } catch (HubException e) {
      // Nothing that Kawi could run; to find it says why.
    }
  }

  private OllamaModel weights(Path manifest, Name name) throws IOException {
    List<JsonNode> layers = layers(manifest);
    if (!ofType(layers, ADAPTER).isEmpty()) {
      throw wrong(manifest, "has an adapter, which Kawi would leave out; use a model without one");
    }
    List<JsonNode> weights = ofType(layers, WEIGHTS);
    if (weights.size() != 1) {
      throw wrong(
          manifest,
          "lists %d layers of weights; Kawi needs one GGUF file".formatted(weights.size()));
    }
    JsonNode layer = weights.getFirst();
    Matcher digest = DIGEST.matcher(Answer.text(layer, "digest").orElse(""));
    if (!digest.matches()) {
      throw wrong(manifest, "names its weights by no SHA-256; is the file damaged?");
    }
    Path blob = root.resolve("blobs").resolve("sha256-" + digest.group(1));
    long bytes = Answer.number(layer, "size");
    if (!Files.isRegularFile(blob) || Files.size(blob) != bytes) {
      throw new HubException(
          Reason.DAMAGED,
          "ollama: %s should have %d bytes and %s; `ollama pull %s` completes it"
              .formatted(
                  blob,
                  bytes,
                  Files.isRegularFile(blob) ? "has " + Files.size(blob) : "is not there",
                  name));
    }
    return new OllamaModel(PREFIX + name, blob, bytes);
  }

  private static List<JsonNode> layers(Path manifest) throws IOException {
    if (Files.size(manifest) > MAX_MANIFEST_BYTES) {
      throw wrong(manifest, "is too large for a manifest; is the file damaged?");
    }
    try {
      JsonNode layers = MAPPER.readTree(Files.readAllBytes(manifest)).get("layers");
      List<JsonNode> found = new ArrayList<>();
      if (layers != null && layers.isArray()) {
        layers.forEach(found::add);
      }
      return found;
    } catch (JacksonException e) {
      throw wrong(manifest, "is not JSON; is the file damaged?");
    }
  }

  private static List<JsonNode> ofType(List<JsonNode> layers, String type) {
    return layers.stream()
        .filter(layer -> Answer.text(layer, "mediaType").filter(type::equals).isPresent())
        .toList();
  }

  private static HubException wrong(Path manifest, String what) {
    return new HubException(Reason.DAMAGED, "ollama: " + manifest + " " + what);
  }

  /// Host, namespace, name and tag of a model.
  private record Name(List<String> parts) {
    Name {
      parts = List.copyOf(parts);
    }

    static Name parse(String reference) {
      String rest = reference.substring(PREFIX.length());
      int colon = rest.lastIndexOf(':');
      String tag = colon < 0 ? LATEST : rest.substring(colon + 1);
      List<String> parts = new ArrayList<>();
      parts.addAll(List.of((colon < 0 ? rest : rest.substring(0, colon)).split("/", -1)));
      if (parts.size() == 1) {
        parts.addFirst(LIBRARY);
      }
      if (parts.size() == 2) {
        parts.addFirst(REGISTRY);
      }
      parts.add(tag);
      return of(parts)
          .orElseThrow(() ->
              new IllegalArgumentException(
                  "a model of Ollama is ollama:NAME[:TAG], found '%s'; `kawi models --local` lists them"
                      .formatted(reference.replaceAll("\\p{Cntrl}", "?"))));
    }

    static Optional<Name> of(Path manifest) {
      List<String> parts = new ArrayList<>();
      manifest.forEach(part -> parts.add(part.toString()));
      return of(parts);
    }

    private static Optional<Name> of(List<String> parts) {
      boolean plain =
          parts.size() == MANIFEST_DEPTH
              && parts.stream().allMatch(p -> PART.matcher(p).matches() && !p.contains(".."));
      return plain ? Optional.of(new Name(parts)) : Optional.empty();
    }

    /// As Ollama's own tool takes it.
    @Override
    public String toString() {
      int first = parts.getFirst().equals(REGISTRY) ? parts.get(1).equals(LIBRARY) ? 2 : 1 : 0;
      return String.join("/", parts.subList(first, 3)) + ":" + parts.getLast();
    }
  }
}
