package dev.kawi.token;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// What a `tokenizer_config.json` beside the other files adds to them, and `generation_config.json`
/// or else `config.json`.
///
/// @param className the Python class that the model's authors used, empty if unknown
/// @param addBos whether a BOS token goes first, empty if the file does not say
/// @param addEos whether an EOS token goes last
/// @param roles the texts of special tokens
/// @param added further tokens
/// @param ends ids of tokens that end a generation
record TokenizerConfig(
    String className,
    Optional<Boolean> addBos,
    Optional<Boolean> addEos,
    Map<TokenRole, String> roles,
    List<Added> added,
    List<Integer> ends) {

  /// A file that says nothing.
  static final TokenizerConfig NONE =
      new TokenizerConfig("", Optional.empty(), Optional.empty(), Map.of(), List.of(), List.of());

  private static final Map<String, TokenRole> KEYS =
      Map.of(
          "bos_token", TokenRole.BOS,
          "eos_token", TokenRole.EOS,
          "unk_token", TokenRole.UNKNOWN,
          "sep_token", TokenRole.SEPARATOR,
          "pad_token", TokenRole.PADDING,
          "mask_token", TokenRole.MASK);

  TokenizerConfig {
    roles = Map.copyOf(roles);
    added = List.copyOf(added);
    ends = List.copyOf(ends);
  }

  /// A token that is looked for in the text itself.
  record Added(int id, String text, TokenKind kind, Set<SpecialTokens.Trait> traits) {
    Added {
      traits = Set.copyOf(traits);
    }

    /// Reads one as Hugging Face writes it.
    static Added read(int id, JsonNode node) {
      Set<SpecialTokens.Trait> traits = EnumSet.noneOf(SpecialTokens.Trait.class);
      if (Json.flag(node, "lstrip", false)) {
        traits.add(SpecialTokens.Trait.TAKES_SPACE_BEFORE);
      }
      if (Json.flag(node, "rstrip", false)) {
        traits.add(SpecialTokens.Trait.TAKES_SPACE_AFTER);
      }
      if (Json.flag(node, "single_word", false)) {
        traits.add(SpecialTokens.Trait.WHOLE_WORD);
      }
      TokenKind kind =
          Json.flag(node, "special", false) ? TokenKind.CONTROL : TokenKind.USER_DEFINED;
      if (Json.flag(node, "normalized", kind == TokenKind.USER_DEFINED)) {
        traits.add(SpecialTokens.Trait.NORMALIZED);
      }
      return new Added(id, Json.text(node.path("content"), "content"), kind, traits);
    }
  }

  /// Reads the files of this folder; a folder without them says nothing.
  static TokenizerConfig of(Path folder) throws IOException {
    Path file = folder.resolve("tokenizer_config.json");
    TokenizerConfig config = Files.exists(file) ? read(TokenizerFiles.json(file)) : NONE;
    return new TokenizerConfig(
        config.className, config.addBos, config.addEos, config.roles, config.added, ends(folder));
  }

  /// `eos_token_id` of the first file that has one: an id or several.
  private static List<Integer> ends(Path folder) throws IOException {
    for (String name : List.of("generation_config.json", "config.json")) {
      Path file = folder.resolve(name);
      JsonNode ids =
          Files.exists(file)
              ? TokenizerFiles.json(file).path("eos_token_id")
              : MissingNode.getInstance();
      if (ids.isArray()) {
        return ids.valueStream().map(id -> Json.whole(id, "eos_token_id")).toList();
      }
      if (!Json.isAbsent(ids)) {
        return List.of(Json.whole(ids, "eos_token_id"));
      }
    }
    return List.of();
  }

  static TokenizerConfig read(JsonNode root) {
    Map<TokenRole, String> roles = new EnumMap<>(TokenRole.class);
    KEYS.forEach((key, role) -> {
      JsonNode node = root.path(key);
      if (!Json.isAbsent(node)) {
        roles.put(role, Json.text(node.isObject() ? node.path("content") : node, key));
      }
    });
    List<Added> added = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : root.path("added_tokens_decoder").properties()) {
      added.add(Added.read(TokenizerFiles.id(entry.getKey()), entry.getValue()));
    }
    return new TokenizerConfig(
        Json.text(root, "tokenizer_class", ""),
        flag(root, "add_bos_token"),
        flag(root, "add_eos_token"),
        roles,
        added,
        List.of());
  }

  private static Optional<Boolean> flag(JsonNode root, String key) {
    return Json.isAbsent(root.path(key))
        ? Optional.empty()
        : Optional.of(Json.flag(root, key, false));
  }

  /// The highest id of the added tokens, or `otherwise` if that is higher.
  int highestId(int otherwise) {
    return added.stream().mapToInt(Added::id).reduce(otherwise, Math::max);
  }

  /// Adds these tokens to a vocabulary, gives tokens their roles, and says which end a generation.
  void applyTo(Assembly assembly) {
    VocabularyBuilder tokens = assembly.tokens();
    for (Added token : added) {
      tokens.set(token.id(), token.text(), token.kind());
      assembly.traits(token.id(), token.traits());
    }
    ends.forEach(tokens::endsGeneration);
    roles.forEach((role, text) -> {
      if (tokens.has(text)) {
        tokens.role(role, tokens.id(text));
        tokens.kind(
            tokens.id(text), role == TokenRole.UNKNOWN ? TokenKind.UNKNOWN : TokenKind.CONTROL);
      }
    });
  }
}
