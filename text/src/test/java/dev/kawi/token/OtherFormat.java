package dev.kawi.token;

import dev.kawi.gguf.Metadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// Writes tokenizers of which the data folder has one format in the other, with the keys and the
/// texts that llama.cpp's `convert_hf_to_gguf.py` writes. Tests only: Kawi reads publishers'
/// folders where they lie, and has no converter of tokenizers.
final class OtherFormat {
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;

  private OtherFormat() {}

  /// Qwen2's `vocab.json` and `merges.txt` as metadata.
  static Metadata qwen2(Path folder) throws IOException {
    JsonNode vocabulary = Json.parse(Files.readAllBytes(folder.resolve("vocab.json")), "vocab");
    JsonNode added =
        Json.parse(Files.readAllBytes(folder.resolve("tokenizer_config.json")), "config")
            .path("added_tokens_decoder");
    String[] tokens = new String[vocabulary.size() + added.size()];
    int[] types = new int[tokens.length];
    vocabulary
        .properties()
        .forEach(e -> {
          tokens[e.getValue().intValue()] = e.getKey();
          types[e.getValue().intValue()] = NORMAL;
        });
    added
        .properties()
        .forEach(e -> {
          tokens[Integer.parseInt(e.getKey())] = e.getValue().path("content").stringValue();
          types[Integer.parseInt(e.getKey())] = CONTROL;
        });
    List<String> merges =
        Files.readString(folder.resolve("merges.txt"))
            .lines()
            .filter(line -> !line.isEmpty() && !line.startsWith("#version"))
            .toList();
    return byteLevel("qwen2", List.of(tokens), types, merges);
  }

  /// Llama 3's ranks as metadata; the merges are found again from the ranks.
  static Metadata llama3(Path ranks) throws IOException {
    Map<String, Integer> byBytes = new LinkedHashMap<>();
    for (String line : Files.readAllLines(ranks)) {
      String[] parts = line.split(" ", -1);
      byte[] bytes = Base64.getDecoder().decode(parts[0]);
      byBytes.put(new String(bytes, StandardCharsets.ISO_8859_1), Integer.valueOf(parts[1]));
    }
    List<String> tokens = byBytes.keySet().stream().map(OtherFormat::letters).toList();
    List<String> merges = new ArrayList<>();
    byBytes.forEach((token, rank) -> {
      List<String> halves = halves(token, rank, byBytes);
      if (halves.size() == 2) {
        merges.add(letters(halves.getFirst()) + " " + letters(halves.getLast()));
      }
    });
    int[] types = new int[tokens.size()];
    Arrays.fill(types, NORMAL);
    return byteLevel("llama-bpe", tokens, types, merges);
  }

  /// What merging by ranks below this one leaves of a token.
  private static List<String> halves(String token, int below, Map<String, Integer> ranks) {
    List<String> parts =
        new ArrayList<>(token.chars().mapToObj(c -> Character.toString((char) c)).toList());
    while (parts.size() > 2) {
      int best = -1;
      int lowest = below;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
        if (rank < lowest) {
          lowest = rank;
          best = i;
        }
      }
      if (best < 0) {
        return parts;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
    return parts;
  }

  private static String letters(String bytes) {
    return ByteAlphabet.encode(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Metadata byteLevel(
      String pre, List<String> tokens, int[] types, List<String> merges) {
    return new Metadata(
        Map.of(
            "tokenizer.ggml.model", "gpt2",
            "tokenizer.ggml.pre", pre,
            "tokenizer.ggml.tokens", tokens,
            "tokenizer.ggml.token_type", types,
            "tokenizer.ggml.merges", merges,
            "tokenizer.ggml.add_bos_token", false));
  }

  /// T5's `tokenizer.json` as metadata.
  static Metadata t5(Path file) throws IOException {
    JsonNode root = Json.parse(Files.readAllBytes(file), file.toString());
    JsonNode pieces = root.path("model").path("vocab");
    float[] scores = new float[pieces.size()];
    int[] types = new int[pieces.size()];
    List<String> tokens = new ArrayList<>();
    for (int id = 0; id < pieces.size(); id++) {
      tokens.add(pieces.get(id).get(0).stringValue());
      scores[id] = pieces.get(id).get(1).floatValue();
      types[id] = NORMAL;
    }
    root.path("added_tokens").forEach(added -> types[added.path("id").intValue()] = CONTROL);
    types[root.path("model").path("unk_id").intValue()] = UNKNOWN;
    Map<String, Object> values = new HashMap<>();
    values.put("tokenizer.ggml.model", "t5");
    values.put("tokenizer.ggml.tokens", tokens);
    values.put("tokenizer.ggml.scores", scores);
    values.put("tokenizer.ggml.token_type", types);
    values.put("tokenizer.ggml.add_space_prefix", true);
    values.put("tokenizer.ggml.remove_extra_whitespaces", true);
    values.put(
        "tokenizer.ggml.precompiled_charsmap",
        Base64.getDecoder()
            .decode(root.path("normalizer").path("precompiled_charsmap").stringValue()));
    return new Metadata(values);
  }

  /// BERT's tokens as `vocab.txt`. In GGUF what begins a word is marked with U+2581, in the file
  /// what goes on within one is marked with `##`.
  static void writeBert(Metadata metadata, Path file) throws IOException {
    List<String> tokens = metadata.strings("tokenizer.ggml.tokens").orElseThrow();
    int[] types = metadata.integers("tokenizer.ggml.token_type").orElseThrow();
    Files.writeString(
        file,
        IntStream.range(0, tokens.size())
            .mapToObj(id -> types[id] == NORMAL ? wordPiece(tokens.get(id)) : tokens.get(id))
            .collect(Collectors.joining("\n", "", "\n")));
  }

  private static String wordPiece(String token) {
    return token.startsWith("\u2581") ? token.substring(1) : "##" + token;
  }
}
