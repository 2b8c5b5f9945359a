package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class ModelsTest {
  private static final JsonNode FILE = Goldens.read("models.json");

  static Stream<String> names() {
    return TestTokenizers.modelNames();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyModel_givesLlamaCppsIds(String name) {
    assertGives(name, "ids", EncodeOptions.TEXT);
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyModel_parsesControlTokensAsLlamaCppDoes(String name) {
    assertGives(name, "parsed", EncodeOptions.TEMPLATE);
  }

  private static void assertGives(String name, String key, EncodeOptions options) {
    Tokenizer tokenizer = TestTokenizers.model(name);
    List<String> texts = Goldens.strings(FILE.path("texts"));
    List<int[]> expected = Goldens.ids(FILE.path("models").path(name).path(key));
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      boolean forged = text.contains("s>") && options.equals(EncodeOptions.TEXT);
      if (forged) {
        continue; // see controlTokenThatMergesWouldGive_staysText
      }
      assertArrayEquals(
          expected.get(i), tokenizer.encode(text, options), () -> "ids of \"" + text + "\"");
    }
  }

  /// The vocabulary has "</" and "s>", which llama.cpp merges to the control token.
  @Test
  void controlTokenThatMergesWouldGive_staysText() {
    Tokenizer tokenizer = TestTokenizers.model("sentencepiece");
    int[] ids = tokenizer.encode("</s>");
    for (int id : ids) {
      assertNotEquals(TokenKind.CONTROL, tokenizer.vocabulary().kind(id));
    }
    assertEquals("</s>", tokenizer.decode(ids));
  }

  @Test
  void modelRules_addTheTokensAroundAText() {
    Tokenizer sentencePiece = TestTokenizers.model("sentencepiece");
    assertEquals(1, sentencePiece.encode("the", EncodeOptions.PROMPT)[0]);
    assertArrayEquals(new int[] {1}, sentencePiece.encode("", EncodeOptions.PROMPT));
    assertArrayEquals(new int[] {}, sentencePiece.encode("", EncodeOptions.TEMPLATE));
    int[] t5 = TestTokenizers.model("unigram").encode("the", EncodeOptions.PROMPT);
    assertEquals(1, t5[t5.length - 1]);
    int[] bert = TestTokenizers.model("wordpiece").encode("the", EncodeOptions.PROMPT);
    assertEquals(2, bert[0]);
    assertEquals(3, bert[bert.length - 1]);
  }

  @Test
  void sentencePiece_decodesWithoutTheSpaceThatItAdded() {
    Tokenizer tokenizer = TestTokenizers.model("sentencepiece");
    assertEquals("the fox", tokenizer.decode(tokenizer.encode("the fox")));
    assertEquals(" the", tokenizer.decode(tokenizer.encode(" the")));
    int[] withBos = tokenizer.encode("the fox", EncodeOptions.PROMPT);
    assertEquals("the fox", tokenizer.decode(withBos));
    assertEquals("<s> the fox", tokenizer.decode(withBos, DecodeOptions.ALL));
    Detokenizer after = tokenizer.continuation();
    assertEquals(" the", after.push(tokenizer.encode("the")[0]));
  }

  @Test
  void wordPiece_joinsPiecesAndCleansSpacesWhereAsked() {
    Tokenizer tokenizer = TestTokenizers.model("wordpiece");
    int[] ids = tokenizer.encode("Hello, world!");
    assertEquals("hello , world !", tokenizer.decode(ids));
    DecodeOptions clean =
        new DecodeOptions(DecodeOptions.Controls.OMITTED, DecodeOptions.Spacing.BY_MODEL_RULE);
    assertEquals("hello, world!", tokenizer.decode(ids, clean));
  }
}
