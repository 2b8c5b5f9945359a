package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Collects what a file says about its tokens, then finds out what it does not say: which tokens
/// steer the model, which of them end a generation, which fill gaps.
final class VocabularyBuilder {
  /// More tokens than any model has; a file that claims more is broken.
  private static final int MOST_TOKENS = 1 << 22;

  private static final int BAICHUAN_USER = 195;

  private static final Set<String> TURN_MARKERS =
      Set.of(
          "<start_of_turn>",
          "<end_of_turn>",
          "[INST]",
          "[/INST]",
          "<s>",
          "</s>",
          "<bos>",
          "<eos>",
          "<pad>",
          "<mask>");

  private final String[] texts;
  private final TokenKind[] kinds;
  private final float[] scores;
  private final Map<TokenRole, Integer> roles = new EnumMap<>(TokenRole.class);
  private final Map<String, Integer> byText;
  private final BitSet endOfGeneration = new BitSet();

  VocabularyBuilder(int size) {
    if (size < 1 || size > MOST_TOKENS) {
      throw new ModelFormatException(
          "tokenizer: a vocabulary has 1 to %d tokens, found %d".formatted(MOST_TOKENS, size));
    }
    texts = new String[size];
    kinds = new TokenKind[size];
    scores = new float[size];
    byText = HashMap.newHashMap(size);
    Arrays.fill(kinds, TokenKind.UNUSED);
  }

  int size() {
    return texts.length;
  }

  /// Says what a token is. A text that another token has is found as the one that came first.
  void set(int id, String text, TokenKind kind) {
    check(id);
    texts[id] = text;
    kinds[id] = kind;
    byText.putIfAbsent(text, id);
  }

  void score(int id, float score) {
    if (Float.isNaN(score) || Float.isInfinite(score)) {
      throw new ModelFormatException(
          "tokenizer: the score of token %d must be a number, found %s".formatted(id, score));
    }
    scores[id] = score;
  }

  void kind(int id, TokenKind kind) {
    check(id);
    kinds[id] = kind;
  }

  TokenKind kind(int id) {
    return kinds[id];
  }

  float score(int id) {
    return scores[id];
  }

  /// The text of the token; of one that was never set, a name that no text contains.
  String text(int id) {
    String text = texts[id];
    return text == null || text.isEmpty() ? "[EMPTY_%d]".formatted(id) : text;
  }

  boolean has(String text) {
    return byText.containsKey(text);
  }

  /// The token of this text, which the caller has made sure of with [#has].
  int id(String text) {
    Integer id = byText.get(text);
    if (id == null) {
      throw new ModelFormatException(
          "tokenizer: the token \"%s\" must be in the vocabulary, it is not".formatted(text));
    }
    return id;
  }

  /// Gives the token a role; an id outside of the vocabulary (-1 means none) takes the role away.
  void role(TokenRole role, long id) {
    if (id >= 0 && id < texts.length) {
      roles.put(role, (int) id);
    } else {
      roles.remove(role);
    }
  }

  /// Says that a generation ends with this token; an id outside of the vocabulary says nothing.
  void endsGeneration(long id) {
    if (id >= 0 && id < texts.length) {
      endOfGeneration.set((int) id);
    }
  }

  Optional<Integer> idOf(TokenRole role) {
    return Optional.ofNullable(roles.get(role));
  }

  private void check(int id) {
    if (id < 0 || id >= texts.length) {
      throw new ModelFormatException(
          "tokenizer: token ids must be below %d, found %d".formatted(texts.length, id));
    }
  }

  /// Marks as control what the file calls text but is known to steer models. llama.cpp does the
  /// same for tokens that end a generation or fill gaps; markers of turns (`<|user|>`) are added
  /// here so that no message can forge one.
  private void findControls(Evidence evidence) {
    for (TokenRole role : TokenRole.values()) {
      role.texts().stream()
          .filter(text -> mayPlay(text, evidence))
          .findFirst()
          .ifPresent(text -> {
            roles.putIfAbsent(role, id(text));
            if (roles.get(role) == id(text)) {
              kinds[id(text)] = TokenKind.CONTROL;
            }
          });
    }
    for (TokenRole role : Set.of(TokenRole.BOS, TokenRole.EOS, TokenRole.EOT, TokenRole.EOM)) {
      Integer id = roles.get(role);
      if (id != null && isMarker(text(id))) {
        kinds[id] = TokenKind.CONTROL;
      }
    }
    for (int id = 0; id < texts.length; id++) {
      if (kinds[id] == TokenKind.USER_DEFINED && isMarker(text(id))) {
        kinds[id] = TokenKind.CONTROL;
      }
    }
  }

  /// What makes a token of a telling text control.
  enum Evidence {
    /// The text alone, as in llama.cpp: GGUF files often call such tokens normal.
    TEXT,
    /// The text of a token that the file does not call normal, or that cannot be normal text: in
    /// Qwen's vocabulary `</s>` is an HTML tag.
    DECLARATION
  }

  /// Whether the token of this text, if there is one, may have the role that the text tells.
  boolean mayPlay(String text, Evidence evidence) {
    return has(text)
        && (evidence == Evidence.TEXT || kinds[id(text)] != TokenKind.NORMAL || isPiped(text));
  }

  private static boolean isMarker(String text) {
    return isPiped(text) || TURN_MARKERS.contains(text);
  }

  private static boolean isPiped(String text) {
    return (text.startsWith("<|") && text.endsWith("|>"))
        || (text.startsWith("<\uFF5C") && text.endsWith("\uFF5C>"));
  }

  private void findEndsOfGeneration(Evidence evidence) {
    for (TokenRole role :
        Set.of(TokenRole.FIM_PAD, TokenRole.FIM_REPOSITORY, TokenRole.FIM_SEPARATOR)) {
      if (roles.containsKey(role)) {
        endOfGeneration.set(roles.get(role));
      }
    }
    for (String text : TokenRole.ENDS_OF_GENERATION) {
      if (mayPlay(text, evidence)) {
        markEnd(text);
      }
    }
    for (TokenRole role : Set.of(TokenRole.EOS, TokenRole.EOT, TokenRole.EOM)) {
      if (roles.containsKey(role)) {
        endOfGeneration.set(roles.get(role));
      }
    }
    findNextTurns();
    boolean harmony = ends("<|return|>") && ends("<|call|>");
    boolean solar = ends("<|flush|>") && (ends("<|call|>") || ends("<|calls|>"));
    if ((harmony || solar) && ends("<|end|>")) {
      endOfGeneration.clear(id("<|end|>"));
    }
    if (ends("<|tool_response>") && ends("</s>")) {
      endOfGeneration.clear(id("</s>"));
      kinds[id("</s>")] = TokenKind.NORMAL;
    }
  }

  /// Finds the ends of families in which a turn has no end of its own: the next one begins.
  private void findNextTurns() {
    if (has("[gMASK]")) {
      TokenRole.GLM_TURNS.stream().filter(this::has).forEach(this::markEnd);
    }
    for (List<String> sides : TokenRole.BAICHUAN_TURNS) {
      if (has(sides.getFirst()) && id(sides.getFirst()) == BAICHUAN_USER && has(sides.getLast())) {
        markEnd(sides.getFirst());
        kinds[id(sides.getLast())] = TokenKind.CONTROL;
      }
    }
  }

  private void markEnd(String text) {
    endOfGeneration.set(id(text));
    kinds[id(text)] = TokenKind.CONTROL;
  }

  private boolean ends(String text) {
    return has(text) && endOfGeneration.get(id(text));
  }

  /// Marks as control what steers a model. Before this the kinds are as the file says.
  void findRoles(Evidence evidence) {
    findControls(evidence);
    findEndsOfGeneration(evidence);
    Integer unknown = roles.get(TokenRole.UNKNOWN);
    boolean elsewhere =
        roles.values().stream().filter(id -> id.equals(unknown)).count() > 1
            || (unknown != null && endOfGeneration.get(unknown));
    if (unknown != null && kinds[unknown] == TokenKind.CONTROL && !elsewhere) {
      kinds[unknown] = TokenKind.UNKNOWN;
    }
  }

  Vocabulary build(TokenBytes tokenBytes, Vocabulary.Ends ends) {
    String[] allTexts = new String[texts.length];
    byte[][] bytes = new byte[texts.length][];
    for (int id = 0; id < texts.length; id++) {
      allTexts[id] = text(id);
      bytes[id] = tokenBytes.bytes(allTexts[id], kinds[id]);
    }
    return new Vocabulary(allTexts, kinds, scores, bytes, byText, roles, endOfGeneration, ends);
  }
}
