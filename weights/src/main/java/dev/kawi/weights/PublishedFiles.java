package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Finds the weights in a publisher's folder: safetensors, else PyTorch's own files; those that an
/// index names, else all.
final class PublishedFiles {
  private static final Pattern SAFETENSORS = Pattern.compile(".*\\.safetensors");

  /// Not every `.bin`: trainers leave the state of an optimizer and their arguments beside it.
  private static final Pattern PYTORCH =
      Pattern.compile("pytorch_model(?:-(\\d{5})-of-(\\d{5}))?\\.bin");

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
    List<Path> found = files.safetensors();
    if (found.isEmpty()) {
      found = files.pytorch();
    }
    if (found.isEmpty()) {
      throw new ModelFormatException(
          "model: %s has neither .safetensors files nor pytorch_model.bin; was it downloaded whole?"
              .formatted(folder));
    }
    return found;
  }

  private List<Path> safetensors() throws IOException {
    Path index = folder.resolve("model.safetensors.index.json");
    return Files.isRegularFile(index) ? indexed(index) : matching(SAFETENSORS);
  }

  private List<Path> pytorch() throws IOException {
    Path index = folder.resolve("pytorch_model.bin.index.json");
    if (Files.isRegularFile(index)) {
      return indexed(index);
    }
    List<Path> found = matching(PYTORCH);
    for (Path file : found) {
      Matcher part = PYTORCH.matcher(file.getFileName().toString());
      if (part.matches() && part.group(2) != null) {
        requireParts(found, Integer.parseInt(part.group(2)));
      }
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

  private void requireParts(List<Path> found, int count) {
    for (int part = 1; part <= count; part++) {
      Path file = folder.resolve("pytorch_model-%05d-of-%05d.bin".formatted(part, count));
      if (!found.contains(file)) {
        throw missing(file, "the other parts of it are there");
      }
    }
  }

  private List<Path> indexed(Path index) throws IOException {
    List<Path> found = new ArrayList<>();
    for (JsonNode name : HuggingFaceFolder.json(index).path("weight_map")) {
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
