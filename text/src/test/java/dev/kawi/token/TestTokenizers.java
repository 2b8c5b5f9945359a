package dev.kawi.token;

import dev.kawi.gguf.Metadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Small tokenizers of every kind that need no file but the goldens.
final class TestTokenizers {
  private static final List<String> MERGES =
      Goldens.strings(Goldens.read("pre-tokenizers.json").path("merges"));
  private static final JsonNode MODELS = Goldens.read("models.json").path("models");

  private TestTokenizers() {}

  /// Byte-level BPE with this pre-tokenizer.
  static Tokenizer byteLevel(String preTokenizer) {
    return Tokenizers.from(new Metadata(byteLevelMetadata(preTokenizer)));
  }

  static Map<String, Object> byteLevelMetadata(String preTokenizer) {
    List<String> tokens = new ArrayList<>();
    byte[] bytes = new byte[256];
    for (int b = 0; b < bytes.length; b++) {
      bytes[b] = (byte) b;
    }
    ByteAlphabet.encode(bytes).chars().sorted().forEach(c -> tokens.add("" + (char) c));
    MERGES.forEach(merge -> tokens.add(merge.replace(" ", "")));
    tokens.add("<|endoftext|>");
    int[] types = new int[tokens.size()];
    Arrays.fill(types, 1);
    types[types.length - 1] = 3;
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("tokenizer.ggml.model", "gpt2");
    metadata.put("tokenizer.ggml.pre", preTokenizer);
    metadata.put("tokenizer.ggml.tokens", tokens);
    metadata.put("tokenizer.ggml.token_type", types);
    metadata.put("tokenizer.ggml.merges", MERGES);
    metadata.put("tokenizer.ggml.bos_token_id", (long) types.length - 1);
    metadata.put("tokenizer.ggml.eos_token_id", (long) types.length - 1);
    return metadata;
  }

  /// The model of this name in models.json.
  static Tokenizer model(String name) {
    return Tokenizers.from(Goldens.metadata(MODELS.path(name)));
  }

  /// The names of the models in models.json.
  static Stream<String> modelNames() {
    return MODELS.propertyNames().stream();
  }

  /// One of every kind.
  static List<Tokenizer> all() {
    return Stream.concat(
            Stream.of("llama-bpe", "gpt-2", "deepseek-llm").map(TestTokenizers::byteLevel),
            modelNames().map(TestTokenizers::model))
        .toList();
  }
}
