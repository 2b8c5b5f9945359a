package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// Compares what Kawi and Hugging Face's library make of random files and texts, and counts.
final class HuggingFaceDifference {
  private static final int MOST_SHOWN = 40;

  private final int texts;
  private final TreeMap<String, Integer> counts = new TreeMap<>();
  private final List<String> shown = new ArrayList<>();

  /// Compares this many texts a file.
  HuggingFaceDifference(int texts) {
    this.texts = texts;
  }

  /// How often what happened, by name.
  Map<String, Integer> counts() {
    return counts;
  }

  /// The first differences.
  List<String> shown() {
    return shown;
  }

  int count(String what) {
    return counts.getOrDefault(what, 0);
  }

  private void add(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  void compare(long seed) {
    RandomTokenizerFile file = new RandomTokenizerFile(seed);
    add("files");
    Tokenizer kawi;
    try {
      kawi = HuggingFaceTokenizer.read(file.json(), TokenizerConfig.NONE);
    } catch (ModelFormatException e) {
      add("refused");
      add("refused: " + e.getMessage().replaceAll("[0-9]+", "N").replaceAll("\"[^\"]*\"", "X"));
      return;
    }
    try (HuggingFaceOracle oracle = new HuggingFaceOracle(file.json())) {
      compare(seed, file, kawi, oracle);
    }
  }

  private void compare(
      long seed, RandomTokenizerFile file, Tokenizer kawi, HuggingFaceOracle oracle) {
    Random random = new Random(seed);
    int before = count("differences");
    for (int i = 0; i < texts; i++) {
      String text = OddText.of(random, file.addedTexts());
      EncodeOptions options = i % 4 == 0 ? EncodeOptions.PROMPT : EncodeOptions.TEMPLATE;
      add("texts");
      String expected;
      try {
        expected = Arrays.toString(oracle.encode(text, options));
      } catch (RuntimeException e) {
        throw new IllegalStateException(seed + " " + file.json() + " on " + text, e);
      }
      check(
          seed,
          file,
          "encode " + options.ends(),
          text,
          expected,
          () -> Arrays.toString(kawi.encode(text, options)));
      int[] ids =
          i % 2 == 0
              ? kawi.encode(text, options)
              : random.ints(1 + random.nextInt(12), 0, file.size()).toArray();
      if (ids.length > 0) {
        decode(seed, file, kawi, oracle, ids);
      }
    }
    if (count("differences") > before) {
      add("files that differ");
      components(file.json()).forEach(this::add);
    }
  }

  private static List<String> components(JsonNode json) {
    List<String> names = new ArrayList<>();
    for (String part : List.of("normalizer", "pre_tokenizer", "decoder", "model")) {
      names.add("differs with " + part + " " + json.path(part).path("type").asString(""));
    }
    return names;
  }

  private void decode(
      long seed, RandomTokenizerFile file, Tokenizer kawi, HuggingFaceOracle oracle, int[] ids) {
    add("decoded");
    DecodeOptions options =
        new DecodeOptions(DecodeOptions.Controls.OMITTED, DecodeOptions.Spacing.BY_MODEL_RULE);
    check(
        seed,
        file,
        "decode",
        Arrays.toString(ids),
        oracle.decode(ids),
        () -> kawi.decode(ids, options));
    check(
        seed,
        file,
        "stream",
        Arrays.toString(ids),
        kawi.decode(ids),
        () -> {
          Detokenizer stream = kawi.detokenizer();
          StringBuilder text = new StringBuilder();
          for (int id : ids) {
            text.append(stream.push(id));
          }
          return text.append(stream.finish()).toString();
        });
  }

  private void check(
      long seed,
      RandomTokenizerFile file,
      String what,
      String input,
      String expected,
      java.util.function.Supplier<String> actual) {
    String found;
    try {
      found = actual.get();
    } catch (RuntimeException e) {
      found = "throws " + e;
    }
    if (!found.equals(expected)) {
      add("differences");
      add("differences: " + what);
      if (shown.size() < MOST_SHOWN) {
        JsonNode json = file.json();
        shown.add(
            "%s of file %d: \"%s\"%n  expected %s%n  found    %s%n  with %s %s %s %s %s%n"
                .formatted(
                    what,
                    seed,
                    input,
                    expected,
                    found,
                    json.path("model").path("type"),
                    json.path("normalizer"),
                    json.path("pre_tokenizer"),
                    json.path("decoder"),
                    json.path("added_tokens")));
      }
    }
  }
}
