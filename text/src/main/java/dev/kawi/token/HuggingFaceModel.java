package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads the `model` of a `tokenizer.json`: its vocabulary, and how a word becomes tokens. What
/// each model does is what Hugging Face's tokenizers does, unknown characters, ties and all; only
/// control tokens are never made of text.
final class HuggingFaceModel {
  /// Stands for a character that is unknown until all is merged.
  private static final int UNKNOWN_SYMBOL = Integer.MAX_VALUE - 1;

  private final JsonNode model;
  private final String type;
  private final Map<String, Integer> ids = new HashMap<>();

  /// A word model, and what cuts pieces into words for it.
  record Words(Splitter splitter, WordModel model) {}

  HuggingFaceModel(JsonNode model) {
    this.model = model;
    // Old files leave the type out.
    String otherwise =
        model.has("merges") ? "BPE" : model.path("vocab").isArray() ? "Unigram" : "WordPiece";
    this.type = Json.text(model, "type", otherwise);
    if (!Set.of("BPE", "Unigram", "WordPiece", "WordLevel").contains(type)) {
      throw new ModelFormatException(
          "tokenizer: the model \"%s\" is not supported, only BPE, Unigram, WordPiece and WordLevel are"
              .formatted(type));
    }
    readVocabulary();
  }

  private void readVocabulary() {
    JsonNode vocabulary = Json.required(model, "vocab");
    if (type.equals("Unigram") != vocabulary.isArray()) {
      throw Json.wrong("vocab", type.equals("Unigram") ? "an array" : "an object", vocabulary);
    }
    if (vocabulary.isArray()) {
      int id = 0;
      for (JsonNode piece : vocabulary) {
        if (!piece.isArray() || piece.size() != 2 || !piece.get(1).isNumber()) {
          throw Json.wrong("vocab", "pairs of a token and its score", piece);
        }
        ids.put(Json.text(piece.get(0), "vocab"), id++);
      }
      return;
    }
    Set<Integer> seen = new HashSet<>();
    for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
      int id = Json.whole(entry.getValue(), entry.getKey());
      if (!seen.add(id)) {
        throw new ModelFormatException(
            "tokenizer: a token has one id of its own, but two have %d".formatted(id));
      }
      ids.put(entry.getKey(), id);
    }
  }

  /// The ids of the vocabulary by text.
  Map<String, Integer> ids() {
    return ids;
  }

  /// How many tokens the vocabulary has.
  int count() {
    return model.path("vocab").size();
  }

  int highestId() {
    return type.equals("Unigram")
        ? count() - 1
        : ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
  }

  /// Adds the tokens of the vocabulary.
  void addTo(VocabularyBuilder tokens) {
    if (type.equals("Unigram")) {
      int id = 0;
      for (JsonNode piece : model.path("vocab")) {
        tokens.set(id, piece.get(0).stringValue(), TokenKind.NORMAL);
        tokens.score(id++, piece.get(1).floatValue());
      }
    } else {
      ids.forEach((text, id) -> tokens.set(id, text, TokenKind.NORMAL));
    }
    for (int id : byteTokens()) {
      if (id >= 0) {
        tokens.kind(id, TokenKind.BYTE);
      }
    }
    OptionalInt unknown = unknown();
    if (unknown.isPresent()) {
      tokens.role(TokenRole.UNKNOWN, unknown.getAsInt());
      tokens.kind(unknown.getAsInt(), TokenKind.UNKNOWN);
    }
  }

  /// The tokens for bytes, -1 where there is none; an empty array if the model does not use them.
  private int[] byteTokens() {
    if (!Json.flag(model, "byte_fallback", false)) {
      return BpeStart.noBytes();
    }
    int[] tokens = new int[256];
    Arrays.setAll(tokens, b -> ids.getOrDefault(PieceText.byteText(b), -1));
    return tokens;
  }

  private OptionalInt unknown() {
    if (type.equals("Unigram")) {
      JsonNode id = model.path("unk_id");
      int value = Json.isAbsent(id) ? -1 : Json.whole(id, "unk_id");
      if (value < 0 || value >= count()) {
        throw new ModelFormatException(
            "tokenizer: Unigram needs an unk_id below %d for what is in no piece, found %s"
                .formatted(count(), Json.shown(id)));
      }
      return OptionalInt.of(value);
    }
    String otherwise =
        switch (type) {
          case "WordPiece" -> "[UNK]";
          case "WordLevel" -> "<unk>";
          default -> "";
        };
    String text = Json.text(model, "unk_token", otherwise);
    Integer id = ids.get(text);
    boolean none = type.equals("BPE") && text.isEmpty();
    if (id == null && !none) {
      throw new ModelFormatException(
          "tokenizer: the unk_token \"%s\" must be in the vocabulary".formatted(text));
    }
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// Whether words may reach the model as bytes and not as the characters that stand for them.
  boolean takesBytes() {
    return type.equals("BPE")
        && byteTokens().length == 0
        && Json.text(model, "continuing_subword_prefix", "").isEmpty()
        && Json.text(model, "end_of_word_suffix", "").isEmpty();
  }

  /// How words become tokens of this vocabulary, which has the tokens of the model.
  Words words(Vocabulary vocabulary, PreTokenizerJson.Bytes bytes) {
    return switch (type) {
      case "BPE" -> bpe(vocabulary, bytes);
      case "Unigram" -> unigram(vocabulary);
      case "WordPiece" -> wordPiece(vocabulary);
      default -> wordLevel(vocabulary);
    };
  }

  /// The tokens that text may become, by their text.
  private Map<String, Integer> open(Vocabulary vocabulary) {
    Map<String, Integer> open = HashMap.newHashMap(ids.size());
    ids.forEach((text, id) -> {
      if (vocabulary.kind(id) != TokenKind.CONTROL && !text.isEmpty()) {
        open.put(text, id);
      }
    });
    return open;
  }

  private Words bpe(Vocabulary vocabulary, PreTokenizerJson.Bytes bytes) {
    checkDropout();
    boolean raw = bytes == PreTokenizerJson.Bytes.RAW;
    Map<String, Integer> open = open(vocabulary);
    PieceTable pieces = new PieceTable(vocabulary.size());
    SeamSplitter seams = new SeamSplitter();
    open.forEach((text, id) -> {
      byte[] piece = raw ? ByteAlphabet.decode(text) : Utf8.bytes(text);
      if (piece != null) {
        pieces.put(id, piece);
        seams.join(text);
      }
    });
    OptionalInt unknown = openUnknown(vocabulary);
    Set<Integer> special = new HashSet<>();
    unknown.ifPresent(special::add);
    Arrays.stream(byteTokens()).forEach(special::add);
    LongMap merges = new LongMap(model.path("merges").size());
    boolean mergesWords = addMerges(open, special, merges);
    boolean joined = Json.flag(model, "fuse_unk", false);
    boolean later = unknown.isPresent() && joined && mergesWords;
    BpeStart start =
        new BpeStart(
            raw ? BpeStart.Unit.BYTE : BpeStart.Unit.CHARACTER,
            Json.text(model, "continuing_subword_prefix", ""),
            Json.text(model, "end_of_word_suffix", ""),
            openBytes(vocabulary),
            later ? UNKNOWN_SYMBOL : unknown.orElse(-1),
            joined ? BpeStart.Unknowns.JOINED : BpeStart.Unknowns.SINGLE);
    WordModel words =
        new MergeModel(
            start,
            pieces,
            vocabulary.size(),
            Merges.listed(merges),
            (word, from, to, out) -> out.addUnknown(unknown, to - from));
    boolean wholeFirst = Json.flag(model, "ignore_merges", false);
    if (wholeFirst) {
      words = MergeModel.wholeWordsFirst(pieces, vocabulary.size(), words);
    }
    boolean cuts = !raw && !wholeFirst && mergesWords && start.isLocal();
    return new Words(cuts ? seams : Splitter.NONE, words);
  }

  /// What applies in training alone is left out; a file of which every encoding were random is not.
  private void checkDropout() {
    JsonNode dropout = model.path("dropout");
    if (!Json.isAbsent(dropout) && (!dropout.isNumber() || dropout.doubleValue() >= 1)) {
      throw new ModelFormatException(
          "tokenizer: BPE with the dropout %s is not supported, it merges nothing"
              .formatted(Json.shown(dropout)));
    }
  }

  private static OptionalInt openUnknown(int id, Vocabulary vocabulary) {
    return vocabulary.kind(id) == TokenKind.CONTROL ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The token for what is unknown, unless it steers the model, such as the end of a text: no text
  /// may give that.
  private OptionalInt openUnknown(Vocabulary vocabulary) {
    OptionalInt unknown = unknown();
    return unknown.isEmpty() ? unknown : openUnknown(unknown.getAsInt(), vocabulary);
  }

  private int[] openBytes(Vocabulary vocabulary) {
    return Arrays.stream(byteTokens())
        .map(id -> id >= 0 && vocabulary.kind(id) != TokenKind.CONTROL ? id : -1)
        .toArray();
  }

  /// Adds the merges, of equal ones the last; says whether none of them takes a special token. One
  /// of tokens that are not there can never apply.
  private boolean addMerges(Map<String, Integer> open, Set<Integer> special, LongMap merges) {
    List<String[]> pairs = pairs(Json.required(model, "merges"));
    int prefix = Json.text(model, "continuing_subword_prefix", "").length();
    boolean plain = true;
    for (int rank = pairs.size() - 1; rank >= 0; rank--) {
      String left = pairs.get(rank)[0];
      String right = pairs.get(rank)[1];
      if (right.length() < prefix) {
        throw new ModelFormatException(
            "tokenizer: merge %d joins \"%s\", which has no continuing_subword_prefix"
                .formatted(rank, right));
      }
      String both = left + right.substring(prefix);
      Integer leftId = open.get(left);
      Integer rightId = open.get(right);
      Integer bothId = open.get(both);
      if (leftId != null && rightId != null && bothId != null) {
        plain &= !special.contains(leftId) && !special.contains(rightId);
        merges.putIfAbsent(Merges.pair(leftId, rightId), Merges.merge(rank, bothId));
      }
    }
    return plain;
  }

  private static List<String[]> pairs(JsonNode nodes) {
    List<String[]> merges = new ArrayList<>(nodes.size());
    for (JsonNode node : nodes) {
      if (node.isString()) {
        if (!node.stringValue().startsWith("#version")) {
          merges.add(GgufTokenizer.splitMerge(node.stringValue()));
        }
      } else if (node.isArray() && node.size() == 2) {
        merges.add(
            new String[] {Json.text(node.get(0), "merges"), Json.text(node.get(1), "merges")});
      } else {
        throw Json.wrong("merges", "pairs of tokens", node);
      }
    }
    return merges;
  }

  private Words unigram(Vocabulary vocabulary) {
    ByteTrie pieces = new ByteTrie(vocabulary.size());
    open(vocabulary).forEach((text, id) -> pieces.put(Utf8.bytes(text), id));
    double[] scores = new double[vocabulary.size()];
    double least = Double.POSITIVE_INFINITY;
    int next = 0;
    for (JsonNode piece : model.path("vocab")) {
      scores[next] = asRead(piece.get(1).doubleValue());
      least = Math.min(least, scores[next++]);
    }
    OptionalInt unknown = openUnknown(vocabulary);
    int[] bytes = openBytes(vocabulary);
    MergeModel.Fallback fallback =
        (word, from, to, out) -> {
          int id = pieces.find(word, from, to);
          if (id != ByteTrie.NONE) {
            out.add(id, to - from);
          } else if (!addBytes(bytes, word, from, to, out)) {
            out.endUnknown();
            out.addUnknown(unknown, to - from);
          }
        };
    return new Words(
        Splitter.NONE,
        new UnigramModel(
            pieces,
            scores,
            least,
            UnigramModel.Unknowns.JOINED,
            unknown.orElse(ByteTrie.NONE),
            fallback));
  }

  /// The number that Rust's reader makes of the digits of this one: not always the nearest, which
  /// decides between ways to write a word that are equally likely.
  private static double asRead(double number) {
    BigDecimal decimal = BigDecimal.valueOf(number);
    int scale = decimal.scale();
    double digits = decimal.unscaledValue().longValue();
    if (Math.abs(scale) > 300) {
      return number;
    }
    double power = Double.parseDouble("1e" + Math.abs(scale));
    return scale >= 0 ? digits / power : digits * power;
  }

  private static boolean addBytes(int[] bytes, byte[] word, int from, int to, TokenBuffer out) {
    for (int i = from; i < to; i++) {
      if (bytes.length == 0 || bytes[word[i] & 0xFF] < 0) {
        return false;
      }
    }
    for (int i = from; i < to; i++) {
      out.add(bytes[word[i] & 0xFF], 1);
    }
    return true;
  }

  private Words wordPiece(Vocabulary vocabulary) {
    String prefix = Json.text(model, "continuing_subword_prefix", "##");
    ByteTrie initial = new ByteTrie(vocabulary.size());
    ByteTrie inner = new ByteTrie(vocabulary.size());
    open(vocabulary)
        .forEach((text, id) -> {
          initial.put(Utf8.bytes(text), id);
          if (text.startsWith(prefix) && text.length() > prefix.length()) {
            inner.put(Utf8.bytes(text.substring(prefix.length())), id);
          }
        });
    JsonNode longest = model.path("max_input_chars_per_word");
    return new Words(
        Splitter.NONE,
        new WordPieceModel(
            initial,
            inner,
            openUnknown(vocabulary),
            Json.isAbsent(longest) ? 100 : Json.whole(longest, "max_input_chars_per_word")));
  }

  private Words wordLevel(Vocabulary vocabulary) {
    PieceTable words = new PieceTable(vocabulary.size());
    open(vocabulary).forEach((text, id) -> words.put(id, Utf8.bytes(text)));
    OptionalInt unknown = openUnknown(vocabulary);
    WordModel model =
        (word, length, out) -> {
          int id = words.find(word, 0, length);
          if (id == PieceTable.ABSENT) {
            out.addUnknown(unknown, length);
          } else {
            out.add(id, length);
          }
        };
    return new Words(Splitter.NONE, model);
  }
}
