package dev.kawi.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// The chat templates of a publisher's folder by name. The one that is used when none is named is
/// called `default`. Source: `get_chat_template` and `save_chat_templates` of Hugging Face
/// transformers.
///
/// @param folder the model's
record HuggingFaceTemplates(Path folder) {
  static final String DEFAULT = "default";
  private static final String ENDING = ".jinja";

  /// All of them: those in files of their own, else those of `chat_template.json`, else those in
  /// the tokenizer's configuration.
  Map<String, String> read() throws IOException {
    Map<String, String> found = ownFiles();
    for (String file : List.of("chat_template.json", "tokenizer_config.json")) {
      if (found.isEmpty() && Files.isRegularFile(folder.resolve(file))) {
        add(PublishedJson.read(folder.resolve(file)).path("chat_template"), found);
      }
    }
    return found;
  }

  private Map<String, String> ownFiles() throws IOException {
    Map<String, String> found = new LinkedHashMap<>();
    Path own = folder.resolve("chat_template.jinja");
    if (Files.isRegularFile(own)) {
      found.put(DEFAULT, Files.readString(own));
    }
    Path more = folder.resolve("additional_chat_templates");
    if (Files.isDirectory(more)) {
      try (Stream<Path> files = Files.list(more)) {
        for (Path file : files.sorted().toList()) {
          String name = file.getFileName().toString();
          if (name.endsWith(ENDING)) {
            found.put(name.substring(0, name.length() - ENDING.length()), Files.readString(file));
          }
        }
      }
    }
    return found;
  }

  /// A text is the default template; an array has objects with `name` and `template`, an object has
  /// templates by name.
  private static void add(JsonNode node, Map<String, String> found) {
    if (node.isString()) {
      found.put(DEFAULT, node.stringValue());
    } else if (node.isArray()) {
      for (JsonNode named : node) {
        found.put(named.path("name").asString(DEFAULT), named.path("template").asString(""));
      }
    } else if (node.isObject()) {
      node.properties().forEach(e -> found.put(e.getKey(), e.getValue().asString("")));
    }
  }
}
