package dev.kawi.weights;

import java.util.List;

/// The SentencePiece vocabulary of a LLaMA as GGUF writes it: spaces as U+2581, and the first three
/// tokens with the names that GGUF has for them.
///
/// @param pieces the tokens by id
record LlamaVocabulary(List<Piece> pieces) {
  static final int BOS_ID = 1;
  static final int EOS_ID = 2;
  static final int BYTE = 6;

  static final int UNKNOWN_ID = 0;
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;

  /// A token: its text as GGUF writes it, its merge score and its GGUF token type.
  record Piece(String text, float score, int type) {}

  /// Copies the list.
  LlamaVocabulary {
    pieces = List.copyOf(pieces);
  }

  /// One of the first three tokens.
  static Piece special(int id, float score) {
    return switch (id) {
      case UNKNOWN_ID -> new Piece("<unk>", score, UNKNOWN);
      case BOS_ID -> new Piece("<s>", score, CONTROL);
      case EOS_ID -> new Piece("</s>", score, CONTROL);
      default -> throw new IllegalArgumentException("Bug: token " + id + " has no fixed name");
    };
  }

  /// A token whose spaces are written plainly; an empty one is a control token.
  static Piece written(String text, float score) {
    return new Piece(text.replace(' ', '\u2581'), score, text.isEmpty() ? CONTROL : NORMAL);
  }

  List<String> tokens() {
    return pieces.stream().map(Piece::text).toList();
  }

  float[] scores() {
    float[] scores = new float[pieces.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = pieces.get(id).score();
    }
    return scores;
  }

  int[] types() {
    return pieces.stream().mapToInt(Piece::type).toArray();
  }
}
