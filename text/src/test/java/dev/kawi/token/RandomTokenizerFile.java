package dev.kawi.token;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A small `tokenizer.json` of random components, flags and vocabulary, the same for the same seed.
/// What it writes is what Hugging Face's library accepts; see [OddText] for the texts.
final class RandomTokenizerFile {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  static final List<String> BEHAVIORS =
      List.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  private final Random random;
  private final RandomPipeline pipeline;
  private final Map<String, Integer> vocabulary = new LinkedHashMap<>();
  private final ArrayNode added = JSON.arrayNode();
  private final ObjectNode root = JSON.objectNode();

  RandomTokenizerFile(long seed) {
    random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
    pipeline = new RandomPipeline(random);
    build();
  }

  ObjectNode json() {
    return root;
  }

  /// The texts of the added tokens.
  List<String> addedTexts() {
    return added.valueStream().map(token -> token.path("content").stringValue()).toList();
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private void build() {
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    root.set("added_tokens", added);
    boolean bytes = chance(35);
    root.set("normalizer", pipeline.normalizer());
    root.set("pre_tokenizer", pipeline.preTokenizer(bytes));
    ObjectNode model =
        switch (random.nextInt(bytes ? 3 : 8)) {
          case 3, 4 -> unigram();
          case 5 -> wordLevel();
          case 6, 7 -> wordPiece();
          default -> bpe(bytes);
        };
    root.set("model", model);
    if (model.path("vocab").isObject()) {
      vocabulary.forEach((text, id) -> ((ObjectNode) model.path("vocab")).put(text, id));
    }
    addTokens();
    root.set("post_processor", pipeline.postProcessor(vocabulary));
    root.set("decoder", pipeline.decoder(bytes));
  }

  private int token(String text) {
    return vocabulary.computeIfAbsent(text, t -> vocabulary.size());
  }

  /// A word as it would reach the model, more or less.
  private String word(boolean bytes) {
    StringBuilder word = new StringBuilder();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      word.append(pick(OddText.SNIPPETS));
    }
    String text = chance(40) ? " " + word : word.toString();
    if (bytes) {
      return ByteAlphabet.encode(Utf8.bytes(text));
    }
    return chance(70) ? text.replace(' ', '\u2581') : text;
  }

  private static List<String> characters(String text) {
    return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
  }

  private void addAlphabet(boolean bytes) {
    if (bytes) {
      int missing = chance(20) ? 20 : 0;
      byte[] all = new byte[256];
      IntStream.range(0, 256).forEach(b -> all[b] = (byte) b);
      characters(ByteAlphabet.encode(all)).stream()
          .filter(c -> random.nextInt(100) >= missing)
          .forEach(this::token);
      return;
    }
    int known = pick(List.of(30, 70, 95));
    for (String snippet : OddText.SNIPPETS) {
      characters(snippet).stream().filter(c -> chance(known)).forEach(this::token);
    }
    if (chance(80)) {
      token("\u2581");
    }
  }

  private void addByteTokens() {
    for (int b = 0; b < 256; b++) {
      token("<0x%02X>".formatted(b));
    }
    if (chance(10)) {
      vocabulary.remove("<0xC3>");
      renumber();
    }
  }

  private void renumber() {
    int[] id = {0};
    vocabulary.replaceAll((text, old) -> id[0]++);
  }

  private ObjectNode bpe(boolean bytes) {
    ObjectNode model = JSON.objectNode().put("type", "BPE");
    String unknown = chance(bytes ? 15 : 60) ? "<unk>" : "";
    boolean fallback = !bytes && chance(40);
    String prefix = !bytes && chance(10) ? "##" : "";
    String suffix = !bytes && chance(12) ? "</w>" : "";
    if (!unknown.isEmpty()) {
      token(unknown);
    }
    if (fallback) {
      addByteTokens();
    }
    addAlphabet(bytes);
    ArrayNode merges = JSON.arrayNode();
    boolean tuples = chance(50);
    for (int i = random.nextInt(60); i > 0; i--) {
      addMerges(word(bytes), prefix, suffix, merges, tuples);
    }
    model.putNull("dropout");
    putOrNull(model, "unk_token", unknown);
    putOrNull(model, "continuing_subword_prefix", prefix);
    putOrNull(model, "end_of_word_suffix", suffix);
    model.put("fuse_unk", chance(50));
    model.put("byte_fallback", fallback);
    model.put("ignore_merges", chance(30));
    model.putObject("vocab");
    model.set("merges", merges);
    return model;
  }

  private static void putOrNull(ObjectNode node, String key, String text) {
    if (text.isEmpty()) {
      node.putNull(key);
    } else {
      node.put(key, text);
    }
  }

  private void addMerges(
      String word, String prefix, String suffix, ArrayNode merges, boolean tuples) {
    List<String> symbols = characters(word);
    for (int i = 1; i < symbols.size(); i++) {
      symbols.set(i, prefix + symbols.get(i));
    }
    symbols.set(symbols.size() - 1, symbols.getLast() + suffix);
    while (symbols.size() > 1 && chance(75)) {
      int at = random.nextInt(symbols.size() - 1);
      String left = symbols.get(at);
      String right = symbols.get(at + 1);
      if (left.contains(" ") || right.contains(" ")) {
        return;
      }
      String both = left + right.substring(prefix.length());
      token(left);
      token(right);
      token(both);
      if (tuples) {
        merges.addArray().add(left).add(right);
      } else {
        merges.add(left + " " + right);
      }
      symbols.set(at, both);
      symbols.remove(at + 1);
    }
  }

  private ObjectNode unigram() {
    ObjectNode model = JSON.objectNode().put("type", "Unigram");
    token("<unk>");
    boolean fallback = chance(40);
    if (fallback) {
      addByteTokens();
    }
    addAlphabet(false);
    for (int i = random.nextInt(80); i > 0; i--) {
      token(word(false));
    }
    model.put("unk_id", 0);
    model.put("byte_fallback", fallback);
    ArrayNode pieces = model.putArray("vocab");
    boolean coarse = chance(30);
    for (String text : vocabulary.keySet()) {
      double score = -random.nextDouble() * 12 - 1;
      pieces.addArray().add(text).add(coarse ? Math.rint(score) : score);
    }
    return model;
  }

  private ObjectNode wordLevel() {
    ObjectNode model = JSON.objectNode().put("type", "WordLevel");
    token("[UNK]");
    addAlphabet(false);
    for (int i = random.nextInt(80); i > 0; i--) {
      token(word(false));
    }
    model.putObject("vocab");
    model.put("unk_token", "[UNK]");
    return model;
  }

  private ObjectNode wordPiece() {
    ObjectNode model = JSON.objectNode().put("type", "WordPiece");
    String prefix = chance(80) ? "##" : pick(List.of("", "@@", "\u2581"));
    token("[UNK]");
    addAlphabet(false);
    for (String known : List.copyOf(vocabulary.keySet())) {
      if (chance(60)) {
        token(prefix + known);
      }
    }
    for (int i = random.nextInt(80); i > 0; i--) {
      token((chance(50) ? prefix : "") + word(false));
    }
    model.put("unk_token", "[UNK]");
    model.put("continuing_subword_prefix", prefix);
    model.put("max_input_chars_per_word", chance(20) ? 4 : 100);
    model.putObject("vocab");
    return model;
  }

  private void addTokens() {
    String unknown = vocabulary.containsKey("<unk>") ? "<unk>" : "[UNK]";
    if (vocabulary.containsKey(unknown) && chance(60)) {
      add(unknown, true);
    }
    for (int i = random.nextInt(6); i > 0; i--) {
      String text =
          chance(50)
              ? pick(OddText.ADDED)
              : pick(OddText.SNIPPETS) + (chance(50) ? pick(OddText.SNIPPETS) : "");
      boolean isNew = !vocabulary.containsKey(text);
      if (isNew || chance(20)) {
        // What the model can give from text is never special: Kawi would not give it.
        add(text, isNew && (chance(50) || OddText.MARKERS.contains(text)));
      }
    }
  }

  private void add(String text, boolean special) {
    if (addedTexts().contains(text)) {
      return;
    }
    added
        .addObject()
        .put("id", token(text))
        .put("content", text)
        .put("single_word", chance(15))
        .put("lstrip", chance(20) && mayTakeSpaceBefore(text))
        .put("rstrip", chance(20))
        .put("normalized", chance(special ? 15 : 50))
        .put("special", special);
  }

  /// Hugging Face's library crashes where a token that begins with white space, and takes more of
  /// it, follows one that has taken that already.
  private boolean mayTakeSpaceBefore(String text) {
    String normalizer = root.path("normalizer").path("type").asString("");
    return !CharSet.SPACES.contains(text.codePointAt(0))
        && List.of("", "NFC", "NFD", "Lowercase", "StripAccents").contains(normalizer);
  }
}
