package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundTripTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "default",
        "llama-bpe",
        "qwen2",
        "gpt-2",
        "deepseek-llm",
        "deepseek-coder",
        "deepseek-v3",
        "falcon",
        "starcoder",
        "gpt-4o",
        "tekken",
        "bloom",
        "viking"
      })
  void byteLevel_givesBackAnyText(String preTokenizer) {
    Tokenizer tokenizer = TestTokenizers.byteLevel(preTokenizer);
    RandomText texts = new RandomText(1);
    for (int i = 0; i < 500; i++) {
      String text = texts.next();
      assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }
  }

  /// Behind a user-defined token SentencePiece's prefix begins again, so there is none in the text.
  @ParameterizedTest
  @ValueSource(strings = {"sentencepiece", "sentencepiece-no-prefix"})
  void sentencePiece_givesBackAnyTextWithoutMarks(String model) {
    Tokenizer tokenizer = TestTokenizers.model(model);
    RandomText texts = new RandomText(2);
    for (int i = 0; i < 500; i++) {
      String text = texts.next().replaceAll("\u2581|<tool>|  +", "");
      assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }
  }

  @Test
  void halfASurrogatePair_countsAsReplacementCharacter() {
    for (Tokenizer tokenizer : TestTokenizers.all()) {
      assertArrayEquals(tokenizer.encode("a\uFFFDb"), tokenizer.encode("a\uD800b"));
      assertArrayEquals(tokenizer.encode("a\uFFFD"), tokenizer.encode("a\uDC00"));
    }
  }

  @Test
  void byteLevelSpans_coverTheTextWithTheBytesOfTheTokens() {
    Tokenizer tokenizer = TestTokenizers.byteLevel("gpt-2");
    RandomText texts = new RandomText(3);
    for (int i = 0; i < 300; i++) {
      String text = texts.next();
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      int at = 0;
      for (Token token : tokenizer.tokens(text, EncodeOptions.TEXT)) {
        assertEquals(at, token.start());
        at = token.end();
        assertArrayEquals(
            Arrays.copyOfRange(bytes, token.start(), token.end()), tokenizer.bytes(token.id()));
      }
      assertEquals(bytes.length, at);
    }
  }

  @Test
  void spans_ascendWithinTheTextAndIdsAreThoseOfEncode() {
    RandomText texts = new RandomText(4);
    List<Tokenizer> tokenizers = TestTokenizers.all();
    for (int i = 0; i < 300; i++) {
      String text = texts.next();
      int length = text.getBytes(StandardCharsets.UTF_8).length;
      for (Tokenizer tokenizer : tokenizers) {
        List<Token> tokens = tokenizer.tokens(text, EncodeOptions.PROMPT);
        assertArrayEquals(
            tokenizer.encode(text, EncodeOptions.PROMPT),
            tokens.stream().mapToInt(Token::id).toArray());
        int last = 0;
        for (Token token : tokens) {
          assertTrue(token.start() >= last && token.end() <= length, () -> tokens + " " + text);
          last = token.end();
        }
      }
    }
  }

  @Test
  void sentencePieceSpans_pointAtTheWordsInTheText() {
    List<Token> tokens =
        TestTokenizers.model("sentencepiece").tokens("the fox</s>", EncodeOptions.PROMPT);
    assertEquals(
        List.of(new Token(1, 0, 0), new Token(tokens.get(1).id(), 0, 3)), tokens.subList(0, 2));
    assertEquals(new Token(2, 7, 11), tokens.getLast());
    assertEquals(7, tokens.get(tokens.size() - 2).end());
  }

  @Test
  void oneTokenizer_givesTheSameToManyThreads() throws Exception {
    Tokenizer tokenizer = TestTokenizers.byteLevel("llama-bpe");
    List<String> texts = Goldens.texts();
    List<int[]> expected = texts.stream().map(tokenizer::encode).toList();
    Tokenizer fresh = TestTokenizers.byteLevel("llama-bpe");
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      Callable<List<int[]>> task = () -> texts.stream().map(fresh::encode).toList();
      List<Future<List<int[]>>> results =
          IntStream.range(0, 8).mapToObj(i -> threads.submit(task)).toList();
      for (Future<List<int[]>> result : results) {
        List<int[]> got = result.get();
        for (int i = 0; i < expected.size(); i++) {
          assertArrayEquals(expected.get(i), got.get(i));
        }
      }
    }
  }
}
