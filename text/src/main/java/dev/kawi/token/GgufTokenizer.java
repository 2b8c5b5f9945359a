package dev.kawi.token;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Reads a tokenizer from the metadata of a GGUF file, with llama.cpp's rules and defaults.
final class GgufTokenizer {
  private static final String PREFIX = "tokenizer.ggml.";

  private final Metadata metadata;
  private final VocabularyBuilder tokens;
  private final Assembly assembly;

  private GgufTokenizer(Metadata metadata) {
    this.metadata = metadata;
    List<String> texts =
        metadata
            .strings(PREFIX + "tokens")
            .orElseThrow(() -> missing("tokens", "the texts of the tokens"));
    tokens = new VocabularyBuilder(texts.size());
    assembly = new Assembly(tokens);
    readTokens(texts);
  }

  static Tokenizer read(Metadata metadata) {
    String model =
        metadata
            .string(PREFIX + "model")
            .orElseThrow(() -> missing("model", "the kind of tokenizer"));
    return switch (model) {
      case "llama" -> new GgufTokenizer(metadata).sentencePiece();
      case "gpt2" -> new GgufTokenizer(metadata).byteLevel();
      case "t5" -> new GgufTokenizer(metadata).unigram();
      case "bert" -> new GgufTokenizer(metadata).wordPiece();
      default ->
          throw new ModelFormatException(
              "tokenizer: %smodel is \"%s\", supported are \"llama\" (SentencePiece BPE), \"gpt2\""
                      .formatted(PREFIX, model)
                  + " (byte-level BPE), \"t5\" (Unigram) and \"bert\" (WordPiece)");
    };
  }

  private static ModelFormatException missing(String key, String what) {
    return new ModelFormatException(
        "tokenizer: the file has no %s%s (%s); is it a model with its vocabulary?"
            .formatted(PREFIX, key, what));
  }

  private void readTokens(List<String> texts) {
    float[] scores = metadata.numbers(PREFIX + "scores").orElse(new float[texts.size()]);
    int[] types = metadata.integers(PREFIX + "token_type").orElse(new int[0]);
    requireOneEach("scores", scores.length);
    if (types.length > 0) {
      requireOneEach("token_type", types.length);
    }
    for (int id = 0; id < texts.size(); id++) {
      tokens.set(id, texts.get(id), types.length == 0 ? TokenKind.NORMAL : kind(types[id]));
      tokens.score(id, scores[id]);
    }
  }

  private void requireOneEach(String key, int found) {
    if (found < tokens.size()) {
      throw new ModelFormatException(
          "tokenizer: %s%s must have one entry for each of %d tokens, found %d"
              .formatted(PREFIX, key, tokens.size(), found));
    }
  }

  private static TokenKind kind(int type) {
    return switch (type) {
      case 1 -> TokenKind.NORMAL;
      case 2 -> TokenKind.UNKNOWN;
      case 3 -> TokenKind.CONTROL;
      case 4 -> TokenKind.USER_DEFINED;
      case 6 -> TokenKind.BYTE;
      default -> TokenKind.UNUSED;
    };
  }

  private Tokenizer sentencePiece() {
    roles(1, 2, 0, -1, -1);
    boolean prefix = flag("add_space_prefix", true);
    ends(flag("add_bos_token", true), flag("add_eos_token", false), TokenRole.EOS);
    stripAroundSpecials();
    return assembly
        .normalizer(prefix ? Normalizer.markAndSpacesToMarks() : Normalizer.spacesToMarks())
        .rules(prefix ? Set.of(ModelTokenizer.Rule.DROP_LEADING_SPACE) : Set.of())
        .scoredBpe();
  }

  private Tokenizer byteLevel() {
    PreTokenizer pre = PreTokenizer.named(metadata.string(PREFIX + "pre").orElse("default"));
    boolean defaults = tokens.size() > 11 && tokens.kind(11) != TokenKind.NORMAL;
    int bos = defaults && !pre.has(PreTokenizer.Rule.NO_DEFAULT_BOS) ? 11 : -1;
    roles(bos, defaults ? 11 : -1, -1, -1, -1);
    ends(
        flag("add_bos_token", pre.has(PreTokenizer.Rule.ADD_BOS)),
        flag("add_eos_token", false),
        TokenRole.EOS);
    stripAroundSpecials();
    List<String> merges =
        metadata.strings(PREFIX + "merges").orElseThrow(() -> missing("merges", "the BPE merges"));
    List<String[]> pairs = new ArrayList<>(merges.size());
    merges.forEach(merge -> pairs.add(splitMerge(merge)));
    return assembly
        .splitter(pre.splitter())
        .rules(
            pre.has(PreTokenizer.Rule.CLEAN_SPACES)
                ? Set.of(ModelTokenizer.Rule.CLEAN_SPACES)
                : Set.of())
        .byteLevelBpe(
            pairs,
            pre.has(PreTokenizer.Rule.IGNORE_MERGES)
                ? Assembly.WholeWords.TAKEN
                : Assembly.WholeWords.MERGED);
  }

  /// A merge is two tokens with a space between; the first may begin with a space.
  static String[] splitMerge(String merge) {
    int space = merge.indexOf(' ', 1);
    if (space < 0) {
      throw new ModelFormatException(
          "tokenizer: a merge must be two tokens with a space between, found \"%s\""
              .formatted(merge.length() > 80 ? merge.substring(0, 80) + "..." : merge));
    }
    return new String[] {merge.substring(0, space), merge.substring(space + 1)};
  }

  private Tokenizer unigram() {
    roles(-1, 1, 2, -1, 0);
    ends(flag("add_bos_token", false), flag("add_eos_token", true), TokenRole.EOS);
    Set<SentencePieceNormalizer.Spaces> spaces =
        EnumSet.noneOf(SentencePieceNormalizer.Spaces.class);
    if (flag("add_space_prefix", false)) {
      spaces.add(SentencePieceNormalizer.Spaces.PREFIX);
    }
    if (flag("remove_extra_whitespaces", false)) {
      spaces.add(SentencePieceNormalizer.Spaces.MERGE);
    }
    Charsmap charsmap = Charsmap.parse(bytes("precompiled_charsmap"));
    return assembly
        .normalizer(new SentencePieceNormalizer(charsmap, spaces))
        .rules(spaces.isEmpty() ? Set.of() : Set.of(ModelTokenizer.Rule.DROP_LEADING_SPACE))
        .unigram(Assembly.ByteFallback.OFF);
  }

  private Tokenizer wordPiece() {
    roles(101, -1, 100, 102, 0);
    tokens.role(TokenRole.MASK, id(TokenRole.MASK, 103));
    ends(true, true, TokenRole.SEPARATOR);
    return assembly
        .normalizer(new BertNormalizer(EnumSet.allOf(BertNormalizer.Fold.class)))
        .splitter(new BertSplitter())
        .rules(EnumSet.allOf(ModelTokenizer.Rule.class))
        .wordPiece(PieceText.MARKS, Integer.MAX_VALUE);
  }

  /// Reads the special tokens, with these ids for those that the file does not name, and finds the
  /// others by their texts.
  private void roles(int bos, int eos, int unknown, int separator, int padding) {
    tokens.role(TokenRole.BOS, id(TokenRole.BOS, bos));
    tokens.role(TokenRole.EOS, id(TokenRole.EOS, eos));
    tokens.role(TokenRole.UNKNOWN, id(TokenRole.UNKNOWN, unknown));
    tokens.role(TokenRole.SEPARATOR, id(TokenRole.SEPARATOR, separator));
    tokens.role(TokenRole.PADDING, id(TokenRole.PADDING, padding));
    for (TokenRole role : EnumSet.range(TokenRole.MASK, TokenRole.FIM_SEPARATOR)) {
      tokens.role(role, id(role, -1));
    }
    deprecated(TokenRole.FIM_PREFIX, "prefix_token_id");
    deprecated(TokenRole.FIM_SUFFIX, "suffix_token_id");
    deprecated(TokenRole.FIM_MIDDLE, "middle_token_id");
    tokens.findRoles(VocabularyBuilder.Evidence.TEXT);
  }

  private void deprecated(TokenRole role, String key) {
    long id = wholeNumber(PREFIX + key, -1);
    if (id >= 0 && id < tokens.size()) {
      tokens.role(role, id);
    }
  }

  /// The id that the file gives this role, or the other one if it gives none in the vocabulary.
  private long id(TokenRole role, int otherwise) {
    long id = wholeNumber(role.key(), -1);
    return id >= 0 && id < tokens.size() ? id : otherwise;
  }

  private long wholeNumber(String key, long otherwise) {
    Object value = metadata.asMap().get(key);
    boolean whole = value instanceof Number && !(value instanceof Float || value instanceof Double);
    return whole ? ((Number) value).longValue() : otherwise;
  }

  private boolean flag(String key, boolean otherwise) {
    return metadata.bool(PREFIX + key).orElse(otherwise);
  }

  private void ends(boolean bos, boolean eos, TokenRole last) {
    assembly.ends(bos ? required(TokenRole.BOS) : List.of(), eos ? required(last) : List.of());
  }

  private List<Integer> required(TokenRole role) {
    return List.of(
        tokens
            .idOf(role)
            .orElseThrow(() ->
                new ModelFormatException(
                    "tokenizer: the file wants the %s token added but has none; set %s"
                        .formatted(role.name().toLowerCase(Locale.ROOT), role.key()))));
  }

  private byte[] bytes(String key) {
    Object value = metadata.asMap().get(PREFIX + key);
    return switch (value) {
      case null -> new byte[0];
      case byte[] bytes -> bytes;
      default -> {
        int[] wide = metadata.integers(PREFIX + key).orElseThrow();
        byte[] bytes = new byte[wide.length];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) wide[i];
        }
        yield bytes;
      }
    };
  }

  /// GGUF does not say which special tokens take the white space beside them; llama.cpp knows it of
  /// some models by their names.
  private void stripAroundSpecials() {
    String pre = metadata.string(PREFIX + "pre").orElse("");
    String name = metadata.string("general.name").orElse("").toLowerCase(Locale.ROOT);
    if (pre.contains("jina-v2-de") || pre.contains("jina-v2-es") || pre.contains("jina-v2-code")) {
      strip("<mask>", SpecialTokens.Trait.TAKES_SPACE_BEFORE);
    } else if (name.contains("phi-3") || name.contains("phi3")) {
      for (int id = 0; id < tokens.size(); id++) {
        if (!Set.of("<unk>", "<s>", "<|endoftext|>").contains(tokens.text(id))) {
          assembly.traits(id, Set.of(SpecialTokens.Trait.TAKES_SPACE_AFTER));
        }
      }
    } else if (name.contains("modern-bert")) {
      strip("[MASK]", SpecialTokens.Trait.TAKES_SPACE_BEFORE);
    }
  }

  private void strip(String text, SpecialTokens.Trait trait) {
    if (tokens.has(text)) {
      assembly.traits(tokens.id(text), Set.of(trait));
    }
  }
}
