package dev.kawi.engine;

import dev.kawi.gguf.Metadata;
import dev.kawi.weights.HuggingFaceFolder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Texts that go before those to embed, as `config_sentence_transformers.json` names them.
final class EmbeddingPrompts {
  private static final String QUERY = "query";

  private EmbeddingPrompts() {}

  /// All of a model, by name.
  static Map<String, String> of(Metadata metadata) {
    Map<String, String> prompts = new LinkedHashMap<>();
    metadata
        .asMap()
        .forEach((key, value) -> {
          if (key.startsWith(HuggingFaceFolder.PROMPT) && value instanceof String text) {
            prompts.put(key.substring(HuggingFaceFolder.PROMPT.length()), text);
          }
        });
    return Collections.unmodifiableMap(prompts);
  }

  /// A text that one searches with, after what goes before such texts.
  static String query(Map<String, String> prompts, String text) {
    return prompts.getOrDefault(QUERY, "") + text;
  }
}
