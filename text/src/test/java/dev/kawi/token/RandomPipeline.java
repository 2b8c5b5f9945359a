package dev.kawi.token;

import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Random normalizers, pre-tokenizers, post-processors and decoders.
final class RandomPipeline {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final List<String> STRINGS =
      List.of(" ", "  ", "a", "the", "e", "▁", "\n", ".", "'", "ab", "|", "12", "\u3000", "😀");
  static final List<String> EXPRESSIONS =
      List.of(
          "\\s+",
          " {2,}",
          "\\d",
          "\\p{N}+",
          "\\p{L}+|\\p{N}+",
          "[^\\s]+",
          "\\w+|[^\\w\\s]+",
          "[a-c]+",
          "\\n",
          "^\\s+|\\s+$",
          "(?i:the)|x",
          "\\s+(?!\\S)|\\s+",
          "(?<=a)b|c(?=\\s)",
          "[\\r\\n]+",
          ".",
          "a*?b",
          "(ab|a)(c|bcd)?",
          "\\p{P}",
          "[\\p{P}\\p{S}]",
          "[\\p{Han}]+",
          " ?[^(\\s|[.,!?…。，、।۔،])]+",
          "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}",
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "[0-9][0-9][0-9]",
          "\\s?\\p{L}+",
          "\\s+$",
          "[一-龥぀-ゟ゠-ヿ]+",
          "(?<![0-9])[0-9]{2}(?![0-9])");

  private final Random random;

  RandomPipeline(Random random) {
    this.random = random;
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static ObjectNode type(String type) {
    return JSON.objectNode().put("type", type);
  }

  private void pattern(ObjectNode node) {
    if (chance(45)) {
      node.putObject("pattern").put("String", pick(STRINGS));
    } else {
      node.putObject("pattern").put("Regex", pick(EXPRESSIONS));
    }
  }

  JsonNode normalizer() {
    int kind = random.nextInt(100);
    if (kind < 35) {
      return JSON.nullNode();
    }
    return kind < 75 ? oneNormalizer() : sequence("normalizers", this::oneNormalizer);
  }

  private ObjectNode sequence(String key, java.util.function.Supplier<ObjectNode> one) {
    ObjectNode sequence = type("Sequence");
    ArrayNode items = sequence.putArray(key);
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      items.add(one.get());
    }
    return sequence;
  }

  private ObjectNode oneNormalizer() {
    String name =
        pick(
            List.of(
                "NFC",
                "NFD",
                "NFKC",
                "NFKD",
                "Lowercase",
                "StripAccents",
                "Strip",
                "Replace",
                "Replace",
                "Prepend",
                "Nmt",
                "BertNormalizer",
                "BertNormalizer",
                "Precompiled"));
    ObjectNode node = type(name);
    switch (name) {
      case "Strip" -> node.put("strip_left", chance(60)).put("strip_right", chance(60));
      case "Replace" -> {
        pattern(node);
        node.put("content", pick(List.of("▁", " ", "", "x", "ab", "é")));
      }
      case "Prepend" -> node.put("prepend", pick(List.of("▁", " ", "ab")));
      case "Precompiled" -> node.put("precompiled_charsmap", RandomCharsmap.BASE64);
      case "BertNormalizer" -> {
        node.put("clean_text", chance(60));
        node.put("handle_chinese_chars", chance(60));
        if (chance(50)) {
          node.put("strip_accents", chance(50));
        } else {
          node.putNull("strip_accents");
        }
        node.put("lowercase", chance(50));
      }
      default -> {}
    }
    return node;
  }

  JsonNode preTokenizer(boolean bytes) {
    if (!bytes) {
      int kind = random.nextInt(100);
      if (kind < 15) {
        return JSON.nullNode();
      }
      return kind < 70 ? onePreTokenizer() : sequence("pretokenizers", this::onePreTokenizer);
    }
    ObjectNode level =
        type("ByteLevel")
            .put("add_prefix_space", chance(30))
            .put("trim_offsets", chance(50))
            .put("use_regex", chance(60));
    if (chance(50)) {
      return level;
    }
    ObjectNode sequence = sequence("pretokenizers", this::onePreTokenizer);
    ArrayNode items = (ArrayNode) sequence.path("pretokenizers");
    if (chance(85)) {
      items.add(level);
    } else {
      items.insert(0, level);
    }
    return sequence;
  }

  private ObjectNode onePreTokenizer() {
    String name =
        pick(
            List.of(
                "Metaspace",
                "Metaspace",
                "Split",
                "Split",
                "Split",
                "Punctuation",
                "Digits",
                "WhitespaceSplit",
                "Whitespace",
                "CharDelimiterSplit",
                "UnicodeScripts",
                "BertPreTokenizer"));
    ObjectNode node = type(name);
    switch (name) {
      case "Metaspace" -> metaspace(node);
      case "Split" -> {
        pattern(node);
        node.put("behavior", pick(RandomTokenizerFile.BEHAVIORS));
        node.put("invert", chance(30));
      }
      case "Punctuation" -> node.put("behavior", pick(RandomTokenizerFile.BEHAVIORS));
      case "Digits" -> node.put("individual_digits", chance(50));
      case "CharDelimiterSplit" -> node.put("delimiter", pick(List.of(" ", "a", "▁", "é", "|")));
      default -> {}
    }
    return node;
  }

  private void metaspace(ObjectNode node) {
    node.put("replacement", chance(85) ? "▁" : pick(List.of("_", "a", "😀")));
    node.put("prepend_scheme", pick(List.of("always", "first", "never")));
    node.put("split", chance(70));
  }

  JsonNode postProcessor(Map<String, Integer> vocabulary) {
    List<String> names = List.copyOf(vocabulary.keySet());
    return switch (random.nextInt(7)) {
      case 0 -> template(names, vocabulary);
      case 1 -> cls("BertProcessing", names, vocabulary);
      case 2 ->
          cls("RobertaProcessing", names, vocabulary)
              .put("trim_offsets", true)
              .put("add_prefix_space", chance(50));
      case 3 -> byteLevel();
      case 4 -> {
        ObjectNode sequence = type("Sequence");
        sequence.putArray("processors").add(byteLevel()).add(template(names, vocabulary));
        yield sequence;
      }
      default -> JSON.nullNode();
    };
  }

  private ObjectNode byteLevel() {
    return type("ByteLevel")
        .put("add_prefix_space", chance(50))
        .put("trim_offsets", chance(50))
        .put("use_regex", true);
  }

  private ObjectNode cls(String type, List<String> names, Map<String, Integer> vocabulary) {
    ObjectNode node = type(type);
    for (String key : List.of("sep", "cls")) {
      String name = pick(names);
      node.putArray(key).add(name).add(vocabulary.get(name));
    }
    return node;
  }

  private ObjectNode template(List<String> names, Map<String, Integer> vocabulary) {
    ObjectNode node = type("TemplateProcessing");
    ObjectNode tokens = JSON.objectNode();
    ArrayNode single = node.putArray("single");
    int sides = random.nextInt(4);
    if ((sides & 1) != 0) {
      special(single, pick(names), vocabulary, tokens, 0);
    }
    sequenceItem(single, "A", 0);
    if ((sides & 2) != 0) {
      special(single, pick(names), vocabulary, tokens, 0);
    }
    ArrayNode pair = node.putArray("pair");
    if (chance(60)) {
      special(pair, pick(names), vocabulary, tokens, 0);
    }
    sequenceItem(pair, "A", 0);
    if (chance(60)) {
      special(pair, pick(names), vocabulary, tokens, 0);
    }
    sequenceItem(pair, "B", 1);
    if (chance(60)) {
      special(pair, pick(names), vocabulary, tokens, 1);
    }
    node.set("special_tokens", tokens);
    return node;
  }

  private static void sequenceItem(ArrayNode items, String id, int type) {
    items.addObject().putObject("Sequence").put("id", id).put("type_id", type);
  }

  private static void special(
      ArrayNode items, String name, Map<String, Integer> vocabulary, ObjectNode tokens, int type) {
    items.addObject().putObject("SpecialToken").put("id", name).put("type_id", type);
    ObjectNode token = JSON.objectNode().put("id", name);
    token.putArray("ids").add(vocabulary.get(name));
    token.putArray("tokens").add(name);
    tokens.set(name, token);
  }

  JsonNode decoder(boolean bytes) {
    int kind = random.nextInt(100);
    if (bytes && kind < 60) {
      return byteLevel();
    }
    if (kind < 10) {
      return JSON.nullNode();
    }
    if (kind < 25) {
      return llama();
    }
    return kind < 65 ? oneDecoder() : sequence("decoders", this::oneDecoder);
  }

  /// What Llama 2's converters write, with and without its last parts.
  private ObjectNode llama() {
    ObjectNode node = type("Sequence");
    ArrayNode steps = node.putArray("decoders");
    ObjectNode replace = steps.addObject().put("type", "Replace");
    replace.putObject("pattern").put("String", "▁");
    replace.put("content", " ");
    steps.addObject().put("type", "ByteFallback");
    steps.addObject().put("type", "Fuse");
    if (chance(70)) {
      steps.add(strip(chance(80) ? " " : "a", 1 + random.nextInt(2)));
    }
    return node;
  }

  private static ObjectNode strip(String content, int start) {
    // Hugging Face's library crashes where `stop` goes beyond a token's start, so it is 0 here.
    return type("Strip").put("content", content).put("start", start).put("stop", 0);
  }

  private ObjectNode oneDecoder() {
    String name =
        pick(
            List.of(
                "Replace",
                "ByteFallback",
                "Fuse",
                "Strip",
                "Metaspace",
                "ByteLevel",
                "WordPiece",
                "WordPiece",
                "CTC",
                "BPEDecoder"));
    ObjectNode node = type(name);
    switch (name) {
      case "Replace" -> {
        pattern(node);
        node.put("content", pick(List.of(" ", "", "x", "ab")));
      }
      case "Strip" -> {
        return strip(pick(List.of(" ", "a", "▁")), random.nextInt(3));
      }
      case "Metaspace" -> metaspace(node);
      case "ByteLevel" -> {
        return byteLevel();
      }
      case "WordPiece" ->
          node.put("prefix", pick(List.of("##", "##", "@@"))).put("cleanup", chance(50));
      case "CTC" ->
          node.put("pad_token", pick(List.of("<pad>", "a")))
              .put("word_delimiter_token", pick(List.of("|", "▁")))
              .put("cleanup", chance(50));
      case "BPEDecoder" -> node.put("suffix", pick(List.of("</w>", "b")));
      default -> {}
    }
    return node;
  }
}
