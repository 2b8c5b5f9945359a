package dev.kawi.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingException;
import dev.kawi.tensor.StorageType;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Masks beside their twin: each token followed byte by byte on its own.
class TokenMasksTest {
  private static final List<Grammar> GRAMMARS =
      List.of(
          Regexes.compile("(?:the|there|an){2,40}[^a-z]{0,3}"),
          Regexes.compile("(?:[a-z ]{1,5},){2,6}x"),
          Regexes.compile(".*and[0-9]+"),
          Gbnf.compile("root ::= \"<\" root \">\" | [a-z\\u00e9\\u4e2d]*"),
          Gbnf.compile(
              "root ::= (a | b){2,5}\na ::= \"th\"{1,3}\nb ::= \"the\" | \"h\"{0,4} \"e\""),
          JsonSchemas.compile(
              "{\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":6},\"b\":{\"type\":\"string\",\"minLength\":2},"
                  + "\"c\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":40},\"d\":{\"type\":\"number\",\"minimum\":5}},"
                  + "\"required\":[\"a\",\"b\",\"c\"],\"additionalProperties\":{\"type\":\"array\",\"maxItems\":2}}"),
          JsonSchemas.compile(
              "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"string\",\"maxLength\":3},true]}"),
          Grammar.freeText(
              Map.of("then", JsonSchemas.compile("true"), "the ", Grammar.text("end")),
              Grammar.End.ANYWHERE));

  @TempDir private static Path folder;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(file);
    try (GgufFile model = GgufFile.open(file)) {
      tokenizer = Tokenizers.from(model.metadata());
    }
  }

  @Test
  void masks_holdTheTokensThatCanBeFollowed() {
    TokenMasks masks = TokenMasks.of(tokenizer);
    for (Grammar grammar : GRAMMARS) {
      for (int seed = 0; seed < 12; seed++) {
        check(masks.start(grammar), new Random(seed), 60, 1);
      }
    }
  }

  @Test
  @Tag("data")
  void masks_holdTheTokensThatCanBeFollowed_inALargeVocabulary() throws IOException {
    TokenMasks masks =
        TokenMasks.of(
            Tokenizers.load(Path.of(System.getProperty("kawi.data"), "tokenizers", "hf", "qwen2")));
    for (Grammar grammar : GRAMMARS) {
      check(masks.start(grammar), new Random(3), 25, 97);
    }
  }

  /// Walks at random and looks at every `stride`-th token at each step.
  private static void check(GrammarState state, Random random, int steps, int stride) {
    for (int step = 0; step < steps; step++) {
      long[] mask = state.mask().clone();
      List<Integer> allowed = new ArrayList<>();
      for (int token = 0; token < state.vocabSize(); token++) {
        boolean marked = (mask[token / 64] >>> token & 1) != 0;
        if (marked) {
          allowed.add(token);
        }
        if (token % stride == step % stride) {
          assertEquals(state.allows(token), marked, "token " + token + " at step " + step);
        }
      }
      assertFalse(allowed.isEmpty(), "nothing may come at step " + step);
      if (state.mustEnd()) {
        return;
      }
      state.accept(allowed.get(random.nextInt(allowed.size())));
    }
  }

  @Test
  void endTokens_mayComeExactlyWhereTheTextMayEnd() {
    GrammarState state = TokenMasks.of(tokenizer).start(Regexes.compile("ab?"));
    int end = tokenizer.vocabulary().endOfGeneration()[0];
    assertFalse(state.allows(end));
    state.accept(id("a"));
    assertTrue(state.allows(end) && state.mayEnd() && !state.mustEnd());
    state.accept(id("b"));
    assertTrue(state.mustEnd());
    assertEquals(tokenizer.vocabulary().endOfGeneration().length, bits(state.mask()));
  }

  @Test
  void copies_goTheirOwnWay_andTokensCanBeTakenBack() {
    GrammarState state = TokenMasks.of(tokenizer).start(Regexes.compile("ab|cd"));
    GrammarState before = state.copy();
    state.accept(id("a"));
    assertThrows(SamplingException.class, () -> state.accept(id("d")));
    state.moveTo(before);
    state.accept(id("c"));
    assertTrue(state.allows(id("d")) && before.allows(id("a")));
  }

  @Test
  void controlTokens_comeOnlyWhereTheyAreNamed() {
    TokenMasks masks = TokenMasks.of(tokenizer);
    int control = tokenizer.vocabulary().id("<|im_start|>").orElseThrow();
    GrammarState any = masks.start(Regexes.compile("(?:.|\\n)*"));
    assertFalse(any.allows(control) || (any.mask()[control / 64] >>> control & 1) != 0);
    GrammarState call =
        masks.start(
            Grammar.freeTextUntilControl(
                Map.of("<|im_start|>", Grammar.text("x")), Grammar.End.AT_TRIGGER));
    call.accept(id("a"));
    assertTrue((call.mask()[control / 64] >>> control & 1) != 0);
    call.accept(control);
    call.accept(id("x"));
    assertTrue(call.mustEnd());
  }

  private static int id(String text) {
    return tokenizer.vocabulary().id(text).orElseThrow();
  }

  private static int bits(long[] mask) {
    int count = 0;
    for (long word : mask) {
      count += Long.bitCount(word);
    }
    return count;
  }
}
