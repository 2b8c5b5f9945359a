package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Reads llama2.c's `tokenizer.bin`: the length of the longest token, then for each token of a
/// SentencePiece BPE model its score (float), its length (int) and its bytes, with spaces for
/// marks.
final class Llama2cTokenizer {
  private static final int UNKNOWN = 0;
  private static final int BOS = 1;
  private static final int EOS = 2;

  private Llama2cTokenizer() {}

  static Tokenizer read(byte[] file) {
    ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int longest = buffer.remaining() < 4 ? -1 : buffer.getInt();
    if (longest < 1 || longest > file.length) {
      throw new ModelFormatException(
          "tokenizer: tokenizer.bin must begin with the length of its longest token, found "
              + longest);
    }
    List<String> texts = new ArrayList<>();
    List<Float> scores = new ArrayList<>();
    while (buffer.hasRemaining()) {
      float score = buffer.remaining() < 8 ? 0 : buffer.getFloat();
      int length = buffer.remaining() < 4 ? -1 : buffer.getInt();
      if (length < 0 || length > longest || length > buffer.remaining()) {
        throw new ModelFormatException(
            "tokenizer: token %d of tokenizer.bin must have 0 to %d bytes, found %d of %d left"
                .formatted(texts.size(), longest, length, buffer.remaining()));
      }
      texts.add(Utf8.text(file, buffer.position(), buffer.position() + length));
      scores.add(score);
      buffer.position(buffer.position() + length);
    }
    return tokenizer(texts, scores);
  }

  private static Tokenizer tokenizer(List<String> texts, List<Float> scores) {
    VocabularyBuilder tokens = new VocabularyBuilder(texts.size());
    for (int id = 0; id < texts.size(); id++) {
      String text = texts.get(id);
      TokenKind kind = kind(id, text);
      String kept =
          switch (kind) {
            case CONTROL, UNKNOWN -> text.strip();
            case NORMAL, BYTE, USER_DEFINED, UNUSED -> text.replace(' ', (char) Normalizer.MARK);
          };
      tokens.set(id, kept, kind);
      tokens.score(id, scores.get(id));
    }
    tokens.role(TokenRole.UNKNOWN, UNKNOWN);
    tokens.role(TokenRole.BOS, BOS);
    tokens.role(TokenRole.EOS, EOS);
    tokens.findRoles(VocabularyBuilder.Evidence.DECLARATION);
    return new Assembly(tokens)
        .ends(tokens.size() > BOS ? List.of(BOS) : List.of(), List.of())
        .normalizer(Normalizer.markAndSpacesToMarks())
        .rules(Set.of(ModelTokenizer.Rule.DROP_LEADING_SPACE))
        .scoredBpe();
  }

  private static TokenKind kind(int id, String text) {
    return switch (id) {
      case UNKNOWN -> TokenKind.UNKNOWN;
      case BOS, EOS -> TokenKind.CONTROL;
      default -> PieceText.byteValue(text) == id - 3 ? TokenKind.BYTE : TokenKind.NORMAL;
    };
  }
}
