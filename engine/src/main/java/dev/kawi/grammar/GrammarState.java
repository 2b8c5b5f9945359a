package dev.kawi.grammar;

import dev.kawi.sample.Candidates;
import dev.kawi.sample.SamplingException;
import dev.kawi.sample.TokenConstraint;

/// Where in a grammar a sequence is. Each sequence has its own; a copy costs next to nothing, so
/// that tokens can be tried and taken back. Not thread-safe.
public final class GrammarState implements TokenConstraint {
  private final TokenMasks masks;
  private final long[] mask;
  private Position position;
  private boolean masked;

  GrammarState(TokenMasks masks, Position position) {
    this.masks = masks;
    this.position = position;
    this.mask = new long[masks.words()];
  }

  /// A state at the same place that goes its own way.
  public GrammarState copy() {
    return new GrammarState(masks, position);
  }

  /// Goes back, or ahead, to where another state of the same vocabulary is.
  public void moveTo(GrammarState other) {
    position = other.position;
    masked = false;
  }

  /// Whether the text may end here.
  public boolean mayEnd() {
    return position.ends == Position.Ends.TEXT;
  }

  /// Whether nothing but the end can come.
  public boolean mustEnd() {
    return mayEnd() && position.size() == 0;
  }

  /// Whether a token may come next: tokens that end a generation where the text may end, others
  /// where the grammar can go on with all of their bytes.
  public boolean allows(int token) {
    return masks.isEnd(token) ? mayEnd() : !masks.after(position, token).isDead();
  }

  /// Tokens of the vocabulary.
  public int vocabSize() {
    return masks.vocabSize();
  }

  /// The tokens that may come next: bit `i % 64` of word `i / 64` is token `i`. Shared, and good
  /// until the next token.
  public long[] mask() {
    if (!masked) {
      masks.fill(position, mask);
      masked = true;
    }
    return mask;
  }

  @Override
  public void restrict(Candidates candidates) {
    if (!candidates.keepMarked(mask())) {
      throw new SamplingException(
          "grammar: no token of the vocabulary can go on with the text so far, which may not end"
              + " here either; the vocabulary lacks characters that the grammar needs");
    }
  }

  /// Goes on after a token. After one that ends a generation nothing changes.
  ///
  /// @throws SamplingException if the token is not allowed
  @Override
  public void accept(int token) {
    if (masks.isEnd(token) && mayEnd()) {
      return;
    }
    Position next = masks.after(position, token);
    if (next.isDead()) {
      throw new SamplingException(
          "grammar: token " + token + " cannot follow; only tokens of the mask can be accepted");
    }
    position = next;
    masked = false;
  }
}
