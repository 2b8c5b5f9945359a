package dev.kawi.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.weights.LlamaVocabulary.Piece;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The vocabulary of a llama2.c `tokenizer.bin`: the length of the longest token, then for each
/// token its score (f32), length and bytes. It is a SentencePiece BPE vocabulary with spaces
/// written plainly; GGUF wants them as U+2581. Source: `tokenizer.py` of karpathy/llama2.c.
final class Llama2cTokenizer {
  private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  private Llama2cTokenizer() {}

  /// Reads exactly `vocabSize` tokens.
  static LlamaVocabulary parse(MemorySegment file, String name, int vocabSize) {
    requireRoom(file, name, vocabSize);
    List<Piece> pieces = new ArrayList<>(vocabSize);
    long position = 4;
    for (int id = 0; id < vocabSize; id++) {
      int length = position + 8 <= file.byteSize() ? file.get(LittleEndian.INT, position + 4) : -1;
      if (length < 0 || length > file.byteSize() - position - 8) {
        throw new ModelFormatException(
            "llama2.c: %s ends at byte %d inside token %d of %d; is it the tokenizer of this model?"
                .formatted(name, file.byteSize(), id, vocabSize));
      }
      float score = file.get(LittleEndian.FLOAT, position);
      byte[] bytes = file.asSlice(position + 8, length).toArray(JAVA_BYTE);
      pieces.add(piece(id, new String(bytes, StandardCharsets.UTF_8), score));
      position += 8L + length;
    }
    if (position != file.byteSize()) {
      throw new ModelFormatException(
          "llama2.c: %s goes on after %d tokens, the model has no more; is it the tokenizer of this model?"
              .formatted(name, vocabSize));
    }
    return new LlamaVocabulary(pieces);
  }

  private static void requireRoom(MemorySegment file, String name, int vocabSize) {
    if (vocabSize > (file.byteSize() - 4) / 8) {
      throw new ModelFormatException(
          "llama2.c: %s has %d bytes, too few for the %d tokens of the model; is it the tokenizer of this model?"
              .formatted(name, file.byteSize(), vocabSize));
    }
  }

  private static Piece piece(int id, String stored, float score) {
    if (id <= LlamaVocabulary.EOS_ID) {
      return LlamaVocabulary.special(id, score);
    }
    if (BYTE_TOKEN.matcher(stored).matches()) {
      return new Piece(stored, score, LlamaVocabulary.BYTE);
    }
    return LlamaVocabulary.written(stored, score);
  }
}
