package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads a `tokenizer.json` of Hugging Face's tokenizers library: a model with the normalizer,
/// pre-tokenizer, post-processor and decoder around it. It means what that library makes of it;
/// `docs/tokenizers.md` says how that is proven and what is refused.
final class HuggingFaceTokenizer {
  private final JsonNode root;
  private final TokenizerConfig config;
  private final HuggingFaceModel model;
  private final NormalizerJson normalizer;
  private final PreTokenizerJson preTokenizer;
  private final DecoderChain decoder;

  private HuggingFaceTokenizer(JsonNode root, TokenizerConfig config) {
    this.root = root;
    this.config = config;
    this.model = new HuggingFaceModel(Json.required(root, "model"));
    this.normalizer = new NormalizerJson(root.path("normalizer"));
    this.preTokenizer = new PreTokenizerJson(root.path("pre_tokenizer"));
    this.decoder = DecoderJson.read(root.path("decoder"));
  }

  static Tokenizer read(Path file) throws IOException {
    return read(TokenizerFiles.json(file), TokenizerConfig.of(file.toAbsolutePath().getParent()));
  }

  static Tokenizer read(JsonNode root, TokenizerConfig config) {
    return new HuggingFaceTokenizer(root, config).tokenizer();
  }

  private Tokenizer tokenizer() {
    Map<Integer, TokenizerConfig.Added> added = added();
    Assembly assembly = new Assembly(new VocabularyBuilder(size(added)));
    VocabularyBuilder tokens = assembly.tokens();
    model.addTo(tokens);
    for (TokenizerConfig.Added token : added.values()) {
      boolean unknown = tokens.kind(token.id()) == TokenKind.UNKNOWN;
      tokens.set(token.id(), token.text(), unknown ? TokenKind.UNKNOWN : token.kind());
      assembly.traits(token.id(), token.traits());
    }
    config.applyTo(assembly);
    new PostProcessorJson(root.path("post_processor"), config).applyTo(assembly);
    tokens.findRoles(VocabularyBuilder.Evidence.DECLARATION);
    Vocabulary vocabulary = tokens.build((text, kind) -> decoder.bytes(text), assembly.ends());
    PreTokenizerJson.Bytes bytes =
        model.takesBytes() && preTokenizer.endsInBytes()
            ? PreTokenizerJson.Bytes.RAW
            : PreTokenizerJson.Bytes.AS_CHARACTERS;
    HuggingFaceModel.Words words = model.words(vocabulary, bytes);
    Normalizer normalize = normalizer.normalizer();
    return new ModelTokenizer(
        vocabulary,
        new ModelTokenizer.Parts(
            specials(vocabulary, assembly, added),
            normalizedSpecials(vocabulary, assembly, added, normalize),
            normalize,
            preTokenizer.stages(bytes),
            words.splitter(),
            new WordCache(words.model()),
            decoder.isBytes() ? Optional.empty() : Optional.of(decoder),
            silent(vocabulary, added),
            rules()));
  }

  private Set<ModelTokenizer.Rule> rules() {
    Set<ModelTokenizer.Rule> rules = EnumSet.of(ModelTokenizer.Rule.UNKNOWNS_END_WITH_PIECE);
    if (preTokenizer.asksForStart()) {
      rules.add(ModelTokenizer.Rule.TRACES_PIECES);
    }
    return rules;
  }

  /// The added tokens by id, those of the configuration over those of the file.
  private Map<Integer, TokenizerConfig.Added> added() {
    Map<Integer, TokenizerConfig.Added> added = new LinkedHashMap<>();
    int next = model.count();
    for (JsonNode node : root.path("added_tokens")) {
      TokenizerConfig.Added token =
          TokenizerConfig.Added.read(Json.whole(node.path("id"), "id"), node);
      if (token.text().isEmpty()) {
        continue;
      }
      Integer known = model.ids().get(token.text());
      int expected = known == null ? next : known;
      if (token.id() != expected) {
        throw new ModelFormatException(
            "tokenizer: the added token \"%s\" has the id %d, but Hugging Face's library gives it %d, as it"
                    .formatted(token.text(), token.id(), expected)
                + " takes the id of the vocabulary or else the next one");
      }
      next = Math.max(next, token.id() + 1);
      added.put(token.id(), token);
    }
    config.added().forEach(token -> added.put(token.id(), token));
    return added;
  }

  /// How many tokens there are with those that were added.
  private int size(Map<Integer, TokenizerConfig.Added> added) {
    int highest = added.keySet().stream().reduce(model.highestId(), Math::max);
    return TokenizerFiles.size(highest, Math.addExact(model.count(), added.size()));
  }

  /// The tokens that are looked for in the text as it is: those that the file declares, special
  /// ones first, and what else steers the model.
  private static SpecialTokens specials(
      Vocabulary vocabulary, Assembly assembly, Map<Integer, TokenizerConfig.Added> added) {
    List<SpecialTokens.Special> specials = new ArrayList<>();
    for (int id : ordered(added)) {
      SpecialTokens.Special special = assembly.special(vocabulary, id);
      if (!special.traits().contains(SpecialTokens.Trait.NORMALIZED)) {
        specials.add(special);
      }
    }
    for (int id : vocabulary.ofKind(TokenKind.CONTROL)) {
      if (!added.containsKey(id)) {
        specials.add(assembly.special(vocabulary, id));
      }
    }
    return new SpecialTokens(specials, SpecialTokens.Order.LEFTMOST_FIRST);
  }

  private static SpecialTokens normalizedSpecials(
      Vocabulary vocabulary,
      Assembly assembly,
      Map<Integer, TokenizerConfig.Added> added,
      Normalizer normalizer) {
    List<SpecialTokens.Special> specials = new ArrayList<>();
    for (int id : ordered(added)) {
      SpecialTokens.Special special = assembly.special(vocabulary, id);
      if (special.traits().contains(SpecialTokens.Trait.NORMALIZED)) {
        NormalizedText normalized = NormalizedText.plain(special.text().length());
        normalizer.normalize(special.text(), 0, special.text().length(), normalized);
        if (normalized.size() == 0) {
          throw new ModelFormatException(
              "tokenizer: the added token %d is looked for in normalized text, but normalization"
                      .formatted(id)
                  + " leaves nothing of it");
        }
        String text = normalized.text(0, normalized.size());
        specials.add(new SpecialTokens.Special(id, text, special.kind(), special.traits()));
      }
    }
    return new SpecialTokens(specials, SpecialTokens.Order.LEFTMOST_FIRST);
  }

  private static List<Integer> ordered(Map<Integer, TokenizerConfig.Added> added) {
    List<Integer> ids = new ArrayList<>();
    for (TokenKind kind : List.of(TokenKind.CONTROL, TokenKind.USER_DEFINED)) {
      added.values().stream()
          .filter(token -> token.kind() == kind)
          .forEach(token -> ids.add(token.id()));
    }
    return ids;
  }

  private static BitSet silent(Vocabulary vocabulary, Map<Integer, TokenizerConfig.Added> added) {
    Set<Integer> ids = new HashSet<>(vocabulary.ofKind(TokenKind.CONTROL));
    added.values().stream()
        .filter(token -> token.kind() == TokenKind.CONTROL)
        .forEach(token -> ids.add(token.id()));
    BitSet silent = new BitSet();
    ids.forEach(silent::set);
    return silent;
  }
}
