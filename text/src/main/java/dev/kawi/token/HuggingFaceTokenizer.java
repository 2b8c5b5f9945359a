package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads a `tokenizer.json` of Hugging Face's tokenizers library: a model (BPE, Unigram, WordPiece)
/// with the normalizer, pre-tokenizer and post-processor around it.
final class HuggingFaceTokenizer {
  private final JsonNode root;
  private final JsonNode model;
  private final TokenizerConfig config;
  private final SplitterJson words;
  private final NormalizerJson normalizer;

  private HuggingFaceTokenizer(JsonNode root, TokenizerConfig config) {
    this.root = root;
    this.model = Json.required(root, "model");
    this.config = config;
    this.words = new SplitterJson(root.path("pre_tokenizer"));
    this.normalizer = new NormalizerJson(root.path("normalizer"));
  }

  static Tokenizer read(Path file) throws IOException {
    JsonNode root = Json.parse(TokenizerFiles.read(file), file.toString());
    return read(root, TokenizerConfig.of(file.toAbsolutePath().getParent()));
  }

  static Tokenizer read(JsonNode root, TokenizerConfig config) {
    HuggingFaceTokenizer reader = new HuggingFaceTokenizer(root, config);
    return switch (reader.modelType()) {
      case "BPE" -> reader.bpe();
      case "Unigram" -> reader.unigram();
      case "WordPiece" -> reader.wordPiece();
      default ->
          throw new ModelFormatException(
              "tokenizer: the model \"%s\" is not supported, only BPE, Unigram and WordPiece are"
                  .formatted(reader.modelType()));
    };
  }

  /// Old files leave the type out.
  private String modelType() {
    String otherwise =
        model.has("merges") ? "BPE" : model.path("vocab").isArray() ? "Unigram" : "WordPiece";
    return Json.text(model, "type", otherwise);
  }

  private Tokenizer bpe() {
    for (String key : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!Json.text(model, key, "").isEmpty()) {
        throw new ModelFormatException(
            "tokenizer: BPE with \"%s\" is not supported".formatted(key));
      }
    }
    boolean byteLevel = words.has(SplitterJson.Effect.BYTE_LEVEL);
    Assembly assembly = assemblyByText();
    VocabularyBuilder tokens = assembly.tokens();
    if (Json.flag(model, "byte_fallback", false)) {
      for (int b = 0; b < 256; b++) {
        if (tokens.has(PieceText.byteText(b))) {
          tokens.kind(tokens.id(PieceText.byteText(b)), TokenKind.BYTE);
        }
      }
    }
    finish(assembly);
    List<String[]> merges = merges(Json.required(model, "merges"));
    if (byteLevel) {
      boolean whole = Json.flag(model, "ignore_merges", false);
      return assembly
          .splitter(words.splitter())
          .byteLevelBpe(merges, whole ? Assembly.WholeWords.TAKEN : Assembly.WholeWords.MERGED);
    }
    if (!normalizer.makesMarks() && !words.has(SplitterJson.Effect.MARKS)) {
      throw new ModelFormatException(
          "tokenizer: BPE must be byte-level or write U+2581 for spaces, this is neither");
    }
    return assembly.listedBpe(merges);
  }

  private static List<String[]> merges(JsonNode nodes) {
    List<String[]> merges = new ArrayList<>(nodes.size());
    for (JsonNode node : nodes) {
      if (node.isString()) {
        merges.add(GgufTokenizer.splitMerge(node.stringValue()));
      } else if (node.isArray() && node.size() == 2) {
        merges.add(
            new String[] {Json.text(node.get(0), "merges"), Json.text(node.get(1), "merges")});
      } else {
        throw Json.wrong("merges", "pairs of tokens", node);
      }
    }
    return merges;
  }

  private Tokenizer unigram() {
    JsonNode pieces = Json.required(model, "vocab");
    Assembly assembly = new Assembly(new VocabularyBuilder(size(pieces.size() - 1, pieces.size())));
    VocabularyBuilder tokens = assembly.tokens();
    int id = 0;
    for (JsonNode piece : pieces) {
      if (!piece.isArray() || piece.size() != 2 || !piece.get(1).isNumber()) {
        throw Json.wrong("vocab", "pairs of a token and its score", piece);
      }
      tokens.set(id, Json.text(piece.get(0), "vocab"), TokenKind.NORMAL);
      tokens.score(id++, piece.get(1).floatValue());
    }
    boolean bytes = Json.flag(model, "byte_fallback", false);
    for (int b = 0; bytes && b < 256; b++) {
      if (tokens.has(PieceText.byteText(b))) {
        tokens.kind(tokens.id(PieceText.byteText(b)), TokenKind.BYTE);
      }
    }
    JsonNode unknown = model.path("unk_id");
    if (!Json.isAbsent(unknown)) {
      int unknownId = Json.whole(unknown, "unk_id");
      tokens.kind(unknownId, TokenKind.UNKNOWN);
      tokens.role(TokenRole.UNKNOWN, unknownId);
    }
    finish(assembly);
    return assembly.unigram(bytes ? Assembly.ByteFallback.ON : Assembly.ByteFallback.OFF);
  }

  private Tokenizer wordPiece() {
    String prefix = Json.text(model, "continuing_subword_prefix", "##");
    if (!prefix.equals("##")) {
      throw new ModelFormatException(
          "tokenizer: WordPiece marks what continues a word by ##, found \"%s\"".formatted(prefix));
    }
    Assembly assembly = assemblyByText();
    finish(assembly);
    JsonNode longest = model.path("max_input_chars_per_word");
    return assembly
        .splitter(words.splitter())
        .wordPiece(
            PieceText.WORD_PIECE,
            Json.isAbsent(longest) ? 100 : Json.whole(longest, "max_input_chars_per_word"));
  }

  /// The tokens of a vocabulary that is an object from texts to ids.
  private Assembly assemblyByText() {
    Set<Map.Entry<String, JsonNode>> entries = Json.required(model, "vocab").properties();
    int highest = -1;
    for (Map.Entry<String, JsonNode> entry : entries) {
      highest = Math.max(highest, Json.whole(entry.getValue(), entry.getKey()));
    }
    Assembly assembly = new Assembly(new VocabularyBuilder(size(highest, entries.size())));
    for (Map.Entry<String, JsonNode> entry : entries) {
      int id = Json.whole(entry.getValue(), entry.getKey());
      assembly.tokens().set(id, entry.getKey(), TokenKind.NORMAL);
    }
    String unknown = Json.text(model, "unk_token", "");
    if (assembly.tokens().has(unknown)) {
      assembly.tokens().role(TokenRole.UNKNOWN, assembly.tokens().id(unknown));
      assembly.tokens().kind(assembly.tokens().id(unknown), TokenKind.UNKNOWN);
    }
    return assembly;
  }

  /// How many tokens there are with those that were added.
  private int size(int highestInModel, int count) {
    int highest = config.highestId(highestInModel);
    int added = config.added().size();
    for (JsonNode token : root.path("added_tokens")) {
      highest = Math.max(highest, Json.whole(token.path("id"), "id"));
      added++;
    }
    return TokenizerFiles.size(highest, Math.addExact(count, added));
  }

  /// Everything that is not the model.
  private void finish(Assembly assembly) {
    VocabularyBuilder tokens = assembly.tokens();
    List<TokenizerConfig.Added> added = new ArrayList<>();
    for (JsonNode node : root.path("added_tokens")) {
      added.add(TokenizerConfig.Added.read(Json.whole(node.path("id"), "id"), node));
    }
    for (TokenizerConfig.Added token : added) {
      boolean unknown = token.id() < tokens.size() && tokens.kind(token.id()) == TokenKind.UNKNOWN;
      tokens.set(token.id(), token.text(), unknown ? TokenKind.UNKNOWN : token.kind());
      assembly.traits(token.id(), token.traits());
    }
    config.applyTo(assembly);
    new PostProcessorJson(root.path("post_processor"), config).applyTo(assembly);
    assembly.normalizer(normalizer.normalizer(words)).rules(rules());
    tokens.findRoles(VocabularyBuilder.Evidence.DECLARATION);
  }

  private Set<ModelTokenizer.Rule> rules() {
    Set<ModelTokenizer.Rule> rules = EnumSet.noneOf(ModelTokenizer.Rule.class);
    if (normalizer.prefixes() || words.has(SplitterJson.Effect.PREFIX_MARK)) {
      rules.add(ModelTokenizer.Rule.DROP_LEADING_SPACE);
    }
    if (modelType().equals("WordPiece")) {
      rules.addAll(EnumSet.allOf(ModelTokenizer.Rule.class));
    }
    return rules;
  }
}
