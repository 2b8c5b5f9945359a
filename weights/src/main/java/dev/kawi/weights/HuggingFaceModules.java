package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What sentence-transformers puts beside an encoder: linear maps after pooling, in folders that
/// `modules.json` lists, and texts that go before others, in `config_sentence_transformers.json`.
///
/// @param folder the model's
record HuggingFaceModules(Path folder) {
  private static final String LINEAR_ONLY = "torch.nn.modules.linear.Identity";

  /// The folders of the linear maps, in order.
  List<Path> dense() throws IOException {
    Path file = folder.resolve("modules.json");
    List<Path> all = new ArrayList<>();
    if (Files.isRegularFile(file)) {
      for (JsonNode module : PublishedJson.read(file)) {
        if (module.path("type").asString("").endsWith(".Dense")) {
          all.add(checked(file, module.path("path").asString("")));
        }
      }
    }
    return all;
  }

  private Path checked(Path modules, String name) throws IOException {
    Path dense = folder.resolve(name).normalize();
    if (!folder.equals(dense.getParent())) {
      throw new ModelFormatException(
          "model: %s names the folder \"%s\", which is not in its folder".formatted(modules, name));
    }
    Path config = dense.resolve("config.json");
    if (!Files.isRegularFile(config)) {
      throw new ModelFormatException(
          "model: %s is missing, %s names its folder; download the model again"
              .formatted(config, modules.getFileName()));
    }
    String function = PublishedJson.read(config).path("activation_function").asString(LINEAR_ONLY);
    if (!function.equals(LINEAR_ONLY)) {
      throw new ModelFormatException(
          "config: activation_function of %s is \"%s\", supported is %s"
              .formatted(config, function, LINEAR_ONLY));
    }
    return dense;
  }

  /// The texts by name, those that are not empty.
  Map<String, String> prompts() throws IOException {
    Path file = folder.resolve("config_sentence_transformers.json");
    Map<String, String> prompts = new LinkedHashMap<>();
    if (Files.isRegularFile(file)) {
      for (Map.Entry<String, JsonNode> prompt :
          PublishedJson.read(file).path("prompts").properties()) {
        String text = prompt.getValue().asString("");
        if (!text.isEmpty()) {
          prompts.put(prompt.getKey(), text);
        }
      }
    }
    return prompts;
  }
}
