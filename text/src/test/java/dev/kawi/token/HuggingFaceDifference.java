package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/// Compares what Kawi and Hugging Face's library make of `tokenizer.json` files and texts, and
/// counts.
final class HuggingFaceDifference {
  private static final int MOST_SHOWN = 20;
  private static final int PAIRS = 3;
  private static final DecodeOptions AS_THE_FILE_SAYS =
      new DecodeOptions(DecodeOptions.Controls.OMITTED, DecodeOptions.Spacing.BY_MODEL_RULE);

  private final int texts;
  private final Map<String, Integer> counts = new TreeMap<>();
  private final List<String> shown = new ArrayList<>();

  /// Compares this many texts a file.
  HuggingFaceDifference(int texts) {
    this.texts = texts;
  }

  /// How often what happened, by name.
  Map<String, Integer> counts() {
    return counts;
  }

  int count(String what) {
    return counts.getOrDefault(what, 0);
  }

  /// The first differences.
  List<String> shown() {
    return shown;
  }

  private void add(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  /// Compares the random file of this seed.
  void compare(long seed) {
    RandomTokenizerFile file = new RandomTokenizerFile(seed);
    compare("file " + seed, file.json(), file.addedTexts(), seed);
  }

  /// Compares a file.
  ///
  /// @param added texts of added tokens, for the texts
  void compare(String name, JsonNode json, List<String> added, long seed) {
    add("files");
    Tokenizer kawi;
    try {
      kawi = HuggingFaceTokenizer.read(json, TokenizerConfig.NONE);
    } catch (ModelFormatException e) {
      add("refused");
      add("refused: " + e.getMessage().replaceAll("[0-9]+", "N").replaceAll("\"[^\"]*\"", "X"));
      return;
    }
    try (HuggingFaceOracle oracle = new HuggingFaceOracle(json)) {
      One one = new One(name, json, kawi, oracle);
      one.compare(added, new Random(seed));
      one.comparePairs(added, new Random(-1 - seed));
    }
  }

  /// One file in the two libraries.
  private final class One {
    private final String name;
    private final JsonNode json;
    private final Tokenizer kawi;
    private final HuggingFaceOracle oracle;

    private One(String name, JsonNode json, Tokenizer kawi, HuggingFaceOracle oracle) {
      this.name = name;
      this.json = json;
      this.kawi = kawi;
      this.oracle = oracle;
    }

    private void compare(List<String> added, Random random) {
      int before = count("differences");
      for (int i = 0; i < texts; i++) {
        String text = OddText.of(random, added);
        EncodeOptions options = i % 4 == 0 ? EncodeOptions.PROMPT : EncodeOptions.TEMPLATE;
        add("texts");
        int[] ids = kawi.encode(text, options);
        check(
            "ids of",
            text,
            Arrays.toString(oracle.encode(text, options)),
            () -> Arrays.toString(ids));
        check("ids of tokens of", text, Arrays.toString(ids), () -> spans(text, options));
        int size = kawi.vocabulary().size();
        decode(
            i % 2 == 0 && ids.length > 0
                ? ids
                : random.ints(1 + random.nextInt(12), 0, size).toArray());
      }
      if (count("differences") > before) {
        add("files that differ");
      }
    }

    private void comparePairs(List<String> added, Random random) {
      for (int i = 0; i < PAIRS; i++) {
        String first = i == 0 ? "" : OddText.of(random, added);
        String second = OddText.of(random, added);
        add("pairs");
        check(
            "pair of",
            first + "\" and \"" + second,
            text(oracle.encodePair(first, second)),
            () -> text(kawi.encodePair(first, second, EncodeOptions.Controls.PARSED)));
      }
    }

    private static String text(EncodedPair pair) {
      return Arrays.toString(pair.ids()) + " " + Arrays.toString(pair.types());
    }

    /// The ids of the tokens; each must stand for bytes of the text.
    private String spans(String text, EncodeOptions options) {
      int length = Utf8.length(text, 0, text.length());
      List<Token> tokens = kawi.tokens(text, options);
      for (Token token : tokens) {
        if (token.start() < 0 || token.start() > token.end() || token.end() > length) {
          return "%s is not within %d bytes".formatted(token, length);
        }
      }
      return tokens.stream().map(Token::id).toList().toString();
    }

    private void decode(int[] ids) {
      add("decoded");
      String given = Arrays.toString(ids);
      check("text of", given, oracle.decode(ids), () -> kawi.decode(ids, AS_THE_FILE_SAYS));
      check(
          "streamed text of",
          given,
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

    private void check(String what, String input, String expected, Supplier<String> actual) {
      String found = actual.get();
      if (!found.equals(expected)) {
        add("differences");
        if (shown.size() < MOST_SHOWN) {
          shown.add(
              "%s \"%s\" with %s:%n  expected %s%n  found    %s%n  %s %s %s %s %s %s%n"
                  .formatted(
                      what,
                      input,
                      name,
                      expected,
                      found,
                      json.path("model").path("type"),
                      json.path("normalizer"),
                      json.path("pre_tokenizer"),
                      json.path("decoder"),
                      json.path("post_processor"),
                      json.path("added_tokens")));
        }
      }
    }
  }
}
