package dev.kawi.token;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// The tokens of a model: texts, kinds, and which of them have a part to play. Immutable.
public final class Vocabulary {
  private final String[] texts;
  private final TokenKind[] kinds;
  private final float[] scores;
  private final byte[][] bytes;
  private final Map<String, Integer> byText;
  private final Map<TokenRole, Integer> roles;
  private final BitSet endOfGeneration;
  private final Ends ends;

  /// The tokens that the model wants before and after a text.
  record Ends(List<Integer> before, List<Integer> after, Optional<PairTemplate> pair) {
    Ends {
      before = List.copyOf(before);
      after = List.copyOf(after);
    }
  }

  Vocabulary(
      String[] texts,
      TokenKind[] kinds,
      float[] scores,
      byte[][] bytes,
      Map<String, Integer> byText,
      Map<TokenRole, Integer> roles,
      BitSet endOfGeneration,
      Ends ends) {
    this.texts = texts;
    this.kinds = kinds.clone();
    this.scores = scores;
    this.bytes = bytes;
    this.byText = byText;
    this.roles = Map.copyOf(roles);
    this.endOfGeneration = (BitSet) endOfGeneration.clone();
    this.ends = ends;
  }

  /// The number of tokens.
  public int size() {
    return texts.length;
  }

  /// The text of a token as the model's file has it: `Ġthe` or `▁the` for " the", `<0x0A>` for a
  /// byte.
  public String text(int id) {
    return texts[check(id)];
  }

  /// What the token is for.
  public TokenKind kind(int id) {
    return kinds[check(id)];
  }

  /// The score of the token: a log-probability in Unigram models, an order of merging in
  /// SentencePiece BPE, 0 elsewhere.
  public float score(int id) {
    return scores[check(id)];
  }

  /// The token that has this text, as [#text] gives it.
  public OptionalInt id(String text) {
    Integer id = byText.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The token that begins a text.
  public OptionalInt bos() {
    return role(TokenRole.BOS);
  }

  /// The token that ends a text.
  public OptionalInt eos() {
    return role(TokenRole.EOS);
  }

  /// The token that ends a turn of a conversation.
  public OptionalInt eot() {
    return role(TokenRole.EOT);
  }

  /// The token that ends a message after which the same side goes on.
  public OptionalInt eom() {
    return role(TokenRole.EOM);
  }

  /// The token for what is in no vocabulary.
  public OptionalInt unknown() {
    return role(TokenRole.UNKNOWN);
  }

  /// The token between two texts.
  public OptionalInt separator() {
    return role(TokenRole.SEPARATOR);
  }

  /// The token that fills a batch.
  public OptionalInt padding() {
    return role(TokenRole.PADDING);
  }

  /// The token that hides another.
  public OptionalInt mask() {
    return role(TokenRole.MASK);
  }

  /// The tokens for filling a gap in code.
  public FillInTheMiddle fillInTheMiddle() {
    return new FillInTheMiddle(
        role(TokenRole.FIM_PREFIX),
        role(TokenRole.FIM_SUFFIX),
        role(TokenRole.FIM_MIDDLE),
        role(TokenRole.FIM_PAD),
        role(TokenRole.FIM_REPOSITORY),
        role(TokenRole.FIM_SEPARATOR));
  }

  /// Whether a generation ends with this token: EOS, the end of a turn, and what else llama.cpp
  /// stops at.
  public boolean isEndOfGeneration(int id) {
    return endOfGeneration.get(check(id));
  }

  /// All tokens that end a generation, in ascending order.
  public int[] endOfGeneration() {
    return endOfGeneration.stream().toArray();
  }

  /// Whether the model wants a token before a text.
  public boolean addsBos() {
    return !ends.before().isEmpty();
  }

  /// Whether the model wants a token after a text.
  public boolean addsEos() {
    return !ends.after().isEmpty();
  }

  Ends ends() {
    return ends;
  }

  /// All ids of this kind, in ascending order.
  List<Integer> ofKind(TokenKind kind) {
    List<Integer> ids = new ArrayList<>();
    for (int id = 0; id < kinds.length; id++) {
      if (kinds[id] == kind) {
        ids.add(id);
      }
    }
    return ids;
  }

  /// The bytes of a token, a control token's text included; shared, not to be changed.
  byte[] bytes(int id) {
    return bytes[check(id)];
  }

  private OptionalInt role(TokenRole role) {
    Integer id = roles.get(role);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private int check(int id) {
    if (id < 0 || id >= texts.length) {
      throw new IllegalArgumentException(
          "tokenizer: token ids must be 0 to %d, found %d".formatted(texts.length - 1, id));
    }
    return id;
  }
}
