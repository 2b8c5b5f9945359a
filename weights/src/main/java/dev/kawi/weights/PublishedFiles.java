package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Finds the weights in a publisher's folder: safetensors, else PyTorch's own files; those that an
/// index names, else the one file of the usual name or all its parts. What lies there beside, such
/// as an old version, is not read.
final class PublishedFiles {
  private static final Pattern PART = Pattern.compile(".*-(\\d{5})-of-(\\d{5})\\.\\w+");

  private final Path folder;

  private PublishedFiles(Path folder) {
    this.folder = folder;
  }

  /// The files, in the order in which they are to be read.
  ///
  /// @param folder absolute and normalized
  /// @throws IOException if the folder cannot be read
  /// @throws ModelFormatException if there are none, or if one is missing
  static List<Path> in(Path folder) throws IOException {
    PublishedFiles files = new PublishedFiles(folder);
    List<Path> found = files.named("model", "safetensors");
    if (found.isEmpty()) {
      found = files.named("pytorch_model", "bin");
    }
    if (found.isEmpty()) {
      found = files.onlyOne();
    }
    if (found.isEmpty()) {
      throw new ModelFormatException(
          "model: %s has neither .safetensors files nor pytorch_model.bin; was it downloaded whole?"
              .formatted(folder));
    }
    return found;
  }

  /// The files of the usual name: those of an index, the one file, or its parts.
  private List<Path> named(String stem, String ending) throws IOException {
    Path index = folder.resolve("%s.%s.index.json".formatted(stem, ending));
    if (Files.isRegularFile(index)) {
      return indexed(index);
    }
    Path one = folder.resolve(stem + "." + ending);
    if (Files.isRegularFile(one)) {
      return List.of(one);
    }
    List<Path> parts = matching(Pattern.compile(stem + "-\\d{5}-of-\\d{5}\\." + ending));
    for (Path file : parts) {
      requireParts(parts, file);
    }
    return parts;
  }

  /// Safetensors of another name, if there is no doubt which are meant.
  private List<Path> onlyOne() throws IOException {
    List<Path> found = matching(Pattern.compile(".*\\.safetensors"));
    if (found.size() > 1) {
      throw new ModelFormatException(
          "model: %s has no model.safetensors and no index that says which of these are the model: %s; rename the right one to model.safetensors"
              .formatted(
                  folder,
                  found.stream()
                      .limit(12)
                      .map(file -> file.getFileName().toString())
                      .collect(Collectors.joining(", "))));
    }
    return found;
  }

  private List<Path> matching(Pattern name) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> name.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /// Fails unless all parts of the model of which this is one are there.
  private void requireParts(List<Path> found, Path one) {
    String name = one.getFileName().toString();
    Matcher part = PART.matcher(name);
    if (!part.matches()) {
      return;
    }
    int count = Integer.parseInt(part.group(2));
    for (int i = 1; i <= count; i++) {
      String sibling =
          name.substring(0, part.start(1)) + "%05d".formatted(i) + name.substring(part.end(1));
      Path file = folder.resolve(sibling);
      if (!found.contains(file)) {
        throw missing(file, "the other parts of it are there");
      }
    }
  }

  private List<Path> indexed(Path index) throws IOException {
    List<Path> found = new ArrayList<>();
    for (JsonNode name : PublishedJson.read(index).path("weight_map")) {
      Path file = folder.resolve(name.asString("")).normalize();
      if (!folder.equals(file.getParent())) {
        throw new ModelFormatException(
            "model: %s names the file %s, which is not in its folder".formatted(index, name));
      }
      if (!found.contains(file)) {
        if (!Files.isRegularFile(file)) {
          throw missing(file, index.getFileName() + " names it");
        }
        found.add(file);
      }
    }
    return found;
  }

  private static ModelFormatException missing(Path file, String why) {
    return new ModelFormatException(
        "model: %s is missing, %s; download the folder again".formatted(file, why));
  }
}
