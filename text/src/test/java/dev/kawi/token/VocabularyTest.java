package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyTest {
  private static Vocabulary vocabulary(VocabularyBuilder.Evidence evidence, String... texts) {
    VocabularyBuilder builder = new VocabularyBuilder(texts.length);
    for (int id = 0; id < texts.length; id++) {
      builder.set(id, texts[id], TokenKind.NORMAL);
    }
    builder.findRoles(evidence);
    return builder.build(
        PieceText.BYTE_LEVEL, new Vocabulary.Ends(List.of(), List.of(), Optional.empty()));
  }

  @Test
  void endsOfGeneration_areFoundByTheirTexts() {
    Vocabulary vocabulary =
        vocabulary(
            VocabularyBuilder.Evidence.TEXT, "a", "<|im_end|>", "<|endoftext|>", "<end_of_turn>");
    assertArrayEquals(new int[] {1, 2, 3}, vocabulary.endOfGeneration());
    assertEquals(OptionalInt.of(1), vocabulary.eot());
    assertEquals(TokenKind.CONTROL, vocabulary.kind(1));
  }

  @Test
  void endOfAHarmonyMessage_doesNotEndTheGeneration() {
    Vocabulary vocabulary =
        vocabulary(VocabularyBuilder.Evidence.TEXT, "<|end|>", "<|return|>", "<|call|>");
    assertArrayEquals(new int[] {1, 2}, vocabulary.endOfGeneration());
  }

  @Test
  void nextTurn_endsAGenerationOfGlm() {
    Vocabulary glm =
        vocabulary(
            VocabularyBuilder.Evidence.TEXT, "[gMASK]", "<|user|>", "<|observation|>", "<|a|>");
    assertArrayEquals(new int[] {1, 2}, glm.endOfGeneration());
    assertArrayEquals(
        new int[] {},
        vocabulary(VocabularyBuilder.Evidence.TEXT, "a", "<|user|>").endOfGeneration());
  }

  @Test
  void markOfTheUser_endsAGenerationOfBaichuan() {
    String[] texts = new String[197];
    for (int id = 0; id < texts.length; id++) {
      texts[id] = "<reserved_" + (id - 89) + ">";
    }
    Vocabulary baichuan = vocabulary(VocabularyBuilder.Evidence.TEXT, texts);
    assertArrayEquals(new int[] {195}, baichuan.endOfGeneration());
    assertEquals(TokenKind.CONTROL, baichuan.kind(196));
    assertEquals(TokenKind.NORMAL, baichuan.kind(191));
  }

  @Test
  void generationConfig_saysWhatElseEndsAGeneration(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0, \"b\": 1, \"c\": 2, \"d\": 3}");
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n");
    Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\": 3}");
    assertArrayEquals(new int[] {3}, Tokenizers.load(folder).vocabulary().endOfGeneration());
    Files.writeString(
        folder.resolve("generation_config.json"), "{\"eos_token_id\": [1, 2, 151645]}");
    assertArrayEquals(new int[] {1, 2}, Tokenizers.load(folder).vocabulary().endOfGeneration());
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": \"b\"}");
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> Tokenizers.load(folder));
    assertTrue(e.getMessage().contains("eos_token_id"), e.getMessage());
  }

  @Test
  void htmlTagThatAFileCallsNormal_staysText() {
    Vocabulary vocabulary =
        vocabulary(VocabularyBuilder.Evidence.DECLARATION, "</s>", "<|im_end|>");
    assertEquals(TokenKind.NORMAL, vocabulary.kind(0));
    assertFalse(vocabulary.isEndOfGeneration(0));
    assertTrue(vocabulary.isEndOfGeneration(1));
  }

  @Test
  void codeModels_haveTheirFillingTokens() {
    FillInTheMiddle fill =
        vocabulary(
                VocabularyBuilder.Evidence.TEXT,
                "<|fim_prefix|>",
                "<|fim_suffix|>",
                "<|fim_middle|>",
                "<|file_sep|>")
            .fillInTheMiddle();
    assertTrue(fill.isSupported());
    assertEquals(OptionalInt.of(2), fill.middle());
    assertEquals(OptionalInt.of(3), fill.separator());
    assertFalse(vocabulary(VocabularyBuilder.Evidence.TEXT, "a").fillInTheMiddle().isSupported());
  }

  @Tag("data")
  @Test
  void qwenFiles_haveTheirSpecialTokens() throws IOException {
    Vocabulary qwen = Tokenizers.load(TestData.tokenizers().resolve("hf/qwen2")).vocabulary();
    assertArrayEquals(new int[] {151643, 151645}, qwen.endOfGeneration());
    assertEquals(OptionalInt.of(151643), qwen.eos());
    assertFalse(qwen.addsBos());
  }

  @Tag("data")
  @Test
  void llama3Ranks_haveTheirSpecialTokens() throws IOException {
    Tokenizer llama3 = Tokenizers.load(TestData.tokenizers().resolve("hf/llama3"));
    assertEquals(OptionalInt.of(128000), llama3.vocabulary().bos());
    assertEquals(OptionalInt.of(128009), llama3.vocabulary().eot());
    assertArrayEquals(new int[] {128001, 128008, 128009}, llama3.vocabulary().endOfGeneration());
    assertArrayEquals(
        new int[] {128000, 128006, 882, 128007, 271},
        llama3.encode("<|start_header_id|>user<|end_header_id|>\n\n", EncodeOptions.PROMPT));
  }
}
