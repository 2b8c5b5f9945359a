package dev.kawi.weights;

import dev.kawi.weights.LlamaVocabulary.Piece;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The vocabulary in a GGML file of a LLaMA: for each token its length, its bytes with spaces
/// written plainly, and its score, which the oldest format does not have. SentencePiece scores a
/// merge by its rank, so there the scores of LLaMA's own vocabulary are known: 0 for the first
/// three tokens and the 256 bytes, then 0, -1, -2 and so on.
final class GgmlVocabulary {
  private static final int FIRST_BYTE_ID = 3;
  private static final int FIRST_MERGE_ID = FIRST_BYTE_ID + 256;
  private static final int MAX_LENGTH = 4096;

  private GgmlVocabulary() {}

  static LlamaVocabulary read(GgmlReader reader, GgmlFormat format, int vocabSize) {
    if (vocabSize > reader.left() / 4) {
      throw reader.error(
          "says that it has %d tokens, and has %d bytes left for them; is the download complete?"
              .formatted(vocabSize, reader.left()));
    }
    List<Piece> pieces = new ArrayList<>(vocabSize);
    for (int id = 0; id < vocabSize; id++) {
      String token = "token " + id;
      byte[] text = reader.bytes(reader.size("the length of " + token, 0, MAX_LENGTH), token);
      float score =
          format.hasScores()
              ? reader.f32("the score of " + token)
              : Math.min(0, FIRST_MERGE_ID - id);
      pieces.add(piece(id, text, score));
    }
    return new LlamaVocabulary(pieces);
  }

  private static Piece piece(int id, byte[] text, float score) {
    if (id <= LlamaVocabulary.EOS_ID) {
      return LlamaVocabulary.special(id, score);
    }
    if (text.length == 1 && id < FIRST_MERGE_ID) {
      return new Piece("<0x%02X>".formatted(text[0]), score, LlamaVocabulary.BYTE);
    }
    return LlamaVocabulary.written(new String(text, StandardCharsets.UTF_8), score);
  }
}
