package dev.kawi.cli;

import dev.kawi.hub.Catalogue;
import dev.kawi.hub.Catalogue.Entry;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.ModelReference;
import dev.kawi.hub.OllamaStore;
import dev.kawi.hub.Quantization;
import dev.kawi.hub.ShortName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a person calls a model: a path, OWNER/NAME on a hub, or a short name of the catalogue.
final class ModelNames {
  /// A short name without a size means no larger model than this, in active parameters.
  private static final long MOST_UNASKED = 9_000_000_000L;

  private ModelNames() {}

  /// Whether a text may be the name of a model and not a question.
  static boolean isOne(String text) {
    return OllamaStore.isReference(text)
        || isFile(text)
        || text.endsWith(".gguf")
        || (!text.contains(" ")
            && (ModelReference.isOne(text) || ShortName.find(Catalogue.load(), text).isPresent()));
  }

  /// Whether there is a file or a folder of this name.
  static boolean isFile(String text) {
    try {
      return Files.exists(Path.of(text));
    } catch (InvalidPathException e) {
      return false; // a reference may have characters that a path cannot have
    }
  }

  /// The reference that a name means, saying what a short name was taken for.
  ///
  /// @throws NoSuchFileException if it can only be a file, and is not there
  static ModelReference reference(Console console, ModelHub hub, String text) throws IOException {
    boolean isFile = text.endsWith(".gguf") && text.split("/", -1).length < 3;
    if (!isFile && ModelReference.isOne(text)) {
      return ModelReference.parse(text);
    }
    Catalogue catalogue = Catalogue.load();
    Optional<ShortName> name = isFile ? Optional.empty() : ShortName.find(catalogue, text);
    if (name.isPresent()) {
      return chosen(console, hub, text, name.get());
    }
    if (isFile || text.contains("/")) {
      throw new NoSuchFileException(text);
    }
    throw new CommandFailure(
        "'%s' is neither a file nor a model of the catalogue%s; kawi models lists them, kawi search looks on the hubs"
            .formatted(
                text,
                Nearest.to(text, catalogue.families().stream().map(Catalogue.Family::id).toList())
                    .map(near -> "; did you mean '" + near + "'?")
                    .orElse("")));
  }

  private static ModelReference chosen(Console console, ModelHub hub, String text, ShortName name)
      throws IOException {
    List<Entry> possible = name.models().stream().filter(Advisor::runs).toList();
    if (possible.isEmpty()) {
      List<String> others =
          name.models().stream().flatMap(e -> e.model().repository().stream()).toList();
      throw new CommandFailure(
          "%s is %s, of which the catalogue knows no GGUF files that Kawi runs%s"
              .formatted(
                  text,
                  name.models().getFirst().model().name(),
                  others.isEmpty() ? "" : "; kawi pull " + others.getFirst()));
    }
    for (Entry entry : possible) {
      ModelReference reference = reference(entry, name);
      if (hub.find(reference).isPresent()) {
        return told(console, text, entry, reference, possible);
      }
    }
    Entry entry = best(possible);
    return told(console, text, entry, reference(entry, name), possible);
  }

  private static ModelReference reference(Entry entry, ShortName name) {
    String repository = Objects.requireNonNull(entry.model().gguf());
    return ModelReference.parse(
        "hf.co/" + repository + name.quantization().map(q -> ":" + q).orElse(""));
  }

  private static ModelReference told(
      Console console, String text, Entry entry, ModelReference reference, List<Entry> possible) {
    String others =
        possible.stream()
            .filter(other -> !other.equals(entry))
            .limit(8)
            .map(other -> other.model().name())
            .collect(Collectors.joining(", "));
    console.say(
        "%s is %s (%s)%s"
            .formatted(
                text,
                entry.model().name(),
                reference,
                others.isEmpty() ? "" : "; it could also be " + others));
    return reference;
  }

  /// The largest that fits this machine in Q4_K_M, up to a size that answers at once.
  private static Entry best(List<Entry> possible) {
    double room = Advisor.machineMemory();
    Comparator<Entry> bySize = Comparator.comparingLong(ModelNames::parameters);
    return possible.stream()
        .filter(e -> active(e) <= MOST_UNASKED)
        .filter(e ->
            Quantization.bestFor(parameters(e), room).filter(Quantization::isAdvised).isPresent())
        .max(bySize)
        .orElseGet(() -> possible.stream().min(bySize).orElseThrow());
  }

  private static long parameters(Entry entry) {
    return Objects.requireNonNull(entry.model().parameters());
  }

  private static long active(Entry entry) {
    return Optional.ofNullable(entry.model().active()).orElse(parameters(entry));
  }
}
