package dev.kawi.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.gguf.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The vocabulary of a llama2.c `tokenizer.bin`: the length of the longest token, then for each
/// token its score (f32), length and bytes. It is a SentencePiece BPE vocabulary with spaces
/// written plainly; GGUF wants them as U+2581. Source: `tokenizer.py` of karpathy/llama2.c.
///
/// @param pieces the tokens by id
record Llama2cTokenizer(List<Piece> pieces) {
  static final int UNKNOWN_ID = 0;
  static final int BOS_ID = 1;
  static final int EOS_ID = 2;

  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;
  private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  /// A token: its text as GGUF writes it, its merge score and its GGUF token type.
  record Piece(String text, float score, int type) {}

  /// Copies the list.
  Llama2cTokenizer {
    pieces = List.copyOf(pieces);
  }

  /// Reads exactly `vocabSize` tokens.
  static Llama2cTokenizer parse(MemorySegment file, String name, int vocabSize) {
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
      String text = text(id, new String(bytes, StandardCharsets.UTF_8));
      pieces.add(new Piece(text, score, type(id, text)));
      position += 8L + length;
    }
    if (position != file.byteSize()) {
      throw new ModelFormatException(
          "llama2.c: %s goes on after %d tokens, the model has no more; is it the tokenizer of this model?"
              .formatted(name, vocabSize));
    }
    return new Llama2cTokenizer(pieces);
  }

  private static void requireRoom(MemorySegment file, String name, int vocabSize) {
    if (vocabSize > (file.byteSize() - 4) / 8) {
      throw new ModelFormatException(
          "llama2.c: %s has %d bytes, too few for the %d tokens of the model; is it the tokenizer of this model?"
              .formatted(name, file.byteSize(), vocabSize));
    }
  }

  private static String text(int id, String stored) {
    return switch (id) {
      case UNKNOWN_ID -> "<unk>";
      case BOS_ID -> "<s>";
      case EOS_ID -> "</s>";
      default -> stored.replace(' ', '\u2581');
    };
  }

  private static int type(int id, String text) {
    if (id == UNKNOWN_ID) {
      return UNKNOWN;
    }
    if (id == BOS_ID || id == EOS_ID || text.isEmpty()) {
      return CONTROL;
    }
    return BYTE_TOKEN.matcher(text).matches() ? BYTE : NORMAL;
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
