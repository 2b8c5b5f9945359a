package dev.kawi.token;

import java.util.OptionalInt;

/// BERT's WordPiece: from the start of the word, always the longest piece that fits; pieces inside
/// a word are others than those at its start. A word that cannot be written so is unknown as a
/// whole.
final class WordPieceModel implements WordModel {
  private final ByteTrie initial;
  private final ByteTrie inner;
  private final OptionalInt unknown;
  private final int longestWord;

  /// Words of more than `longestWord` characters are unknown.
  WordPieceModel(ByteTrie initial, ByteTrie inner, OptionalInt unknown, int longestWord) {
    this.initial = initial;
    this.inner = inner;
    this.unknown = unknown;
    this.longestWord = longestWord;
  }

  /// Leaves out words that begin with a space: white space between words.
  WordModel withoutSpaces() {
    return (word, length, out) -> {
      if (word[0] == ' ') {
        out.skip(length);
      } else {
        encode(word, length, out);
      }
    };
  }

  @Override
  public void encode(byte[] word, int length, TokenBuffer out) {
    TokenBuffer tokens = new TokenBuffer();
    boolean fits = characters(word, length) <= longestWord;
    for (int at = 0; fits && at < length; ) {
      int end = longestPiece(at == 0 ? initial : inner, word, at, length, tokens);
      fits = end > at;
      at = end;
    }
    if (!fits) {
      out.addUnknown(unknown, length);
      out.skip(0);
      return;
    }
    for (int i = 0; i < tokens.size(); i++) {
      out.add(tokens.id(i), tokens.end(i) - tokens.start(i));
    }
  }

  private static int longestPiece(
      ByteTrie trie, byte[] word, int at, int length, TokenBuffer tokens) {
    int node = ByteTrie.ROOT;
    int best = ByteTrie.NONE;
    int bestEnd = at;
    for (int i = at; i < length; i++) {
      node = trie.child(node, word[i]);
      if (node == ByteTrie.NONE) {
        break;
      }
      if (trie.value(node) != ByteTrie.NONE) {
        best = trie.value(node);
        bestEnd = i + 1;
      }
    }
    if (best != ByteTrie.NONE) {
      tokens.add(best, bestEnd - at);
    }
    return bestEnd;
  }

  private static int characters(byte[] word, int length) {
    int characters = 0;
    for (int i = 0; i < length; i += Utf8.length(word[i])) {
      characters++;
    }
    return characters;
  }
}
