package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import java.util.ArrayList;
import java.util.List;

/// The tokenizer inside a [RandomModel]: byte-level BPE of the 256 bytes in GPT-2's alphabet, a few
/// merges, three control tokens, and unused tokens up to the size of the vocabulary.
final class RandomTokenizer {
  private static final List<String> MERGES =
      List.of(
          "t h",
          "th e",
          "i n",
          "e r",
          "a n",
          "o n",
          "r e",
          "\u0120 t",
          "\u0120 a",
          "in g",
          "an d",
          "o u",
          "\u0120t he");
  private static final List<String> CONTROLS =
      List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int UNUSED = 5;

  /// Bytes, merges and control tokens.
  static final int SMALLEST = 256 + MERGES.size() + CONTROLS.size();

  /// Whether texts get a token at their ends.
  enum Ends {
    PLAIN,
    MARKED
  }

  private RandomTokenizer() {}

  /// Adds the `tokenizer.*` keys.
  ///
  /// @param ends whether a token goes before a text and one after it, by which rerankers tell two
  ///   texts apart
  static void describe(int vocabSize, Ends ends, Metadata.Builder metadata) {
    List<String> tokens = new ArrayList<>(alphabet());
    for (String merge : MERGES) {
      tokens.add(merge.replace(" ", ""));
    }
    int firstControl = tokens.size();
    tokens.addAll(CONTROLS);
    for (int i = tokens.size(); i < vocabSize; i++) {
      tokens.add("[PAD" + i + "]");
    }
    metadata
        .string("tokenizer.ggml.model", "gpt2")
        .string("tokenizer.ggml.pre", "gpt-2")
        .strings("tokenizer.ggml.tokens", tokens)
        .i32s("tokenizer.ggml.token_type", types(firstControl, vocabSize))
        .strings("tokenizer.ggml.merges", MERGES)
        .u32("tokenizer.ggml.bos_token_id", firstControl)
        .u32("tokenizer.ggml.eos_token_id", firstControl + CONTROLS.size() - 1)
        .bool("tokenizer.ggml.add_bos_token", ends == Ends.MARKED);
    if (ends == Ends.MARKED) {
      metadata.bool("tokenizer.ggml.add_eos_token", true);
    }
  }

  private static int[] types(int firstControl, int vocabSize) {
    int[] types = new int[vocabSize];
    for (int i = 0; i < vocabSize; i++) {
      types[i] = i < firstControl ? NORMAL : i < firstControl + CONTROLS.size() ? CONTROL : UNUSED;
    }
    return types;
  }

  /// GPT-2 writes printable bytes as themselves and the others as the characters from 256 on.
  private static List<String> alphabet() {
    List<String> letters = new ArrayList<>();
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xFF && b != 0xAD);
      letters.add(Character.toString(printable ? b : next++));
    }
    return letters;
  }
}
