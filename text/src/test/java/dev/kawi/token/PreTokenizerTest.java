package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreTokenizerTest {
  private static final Map<String, List<int[]>> EXPECTED =
      Goldens.byPreTokenizer(Goldens.read("pre-tokenizers.json"));

  static Stream<String> names() {
    return EXPECTED.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyPreTokenizer_splitsAsLlamaCppAndTheModelsDo(String name) {
    assertGives(TestTokenizers.byteLevel(name), Goldens.texts(), EXPECTED.get(name));
  }

  @Tag("data")
  @Test
  void everyPreTokenizer_givesLlamaCppsIdsWithARealVocabulary() {
    List<String> texts = new ArrayList<>();
    TestData.pairs("gpt-2").stream().map(TestData.Pair::text).forEach(texts::add);
    texts.removeIf(String::isEmpty);
    texts.addAll(Goldens.texts());
    Metadata gpt2 = TestData.metadata("gpt-2");
    Goldens.byPreTokenizer(Goldens.read("gpt2-pre-tokenizers.json"))
        .forEach((name, expected) -> {
          Map<String, Object> changed = new HashMap<>(gpt2.asMap());
          changed.put("tokenizer.ggml.pre", name);
          assertGives(Tokenizers.from(new Metadata(changed)), texts, expected);
        });
  }

  private static void assertGives(Tokenizer tokenizer, List<String> texts, List<int[]> expected) {
    assertEquals(texts.size(), expected.size());
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      assertArrayEquals(expected.get(i), tokenizer.encode(text), () -> "ids of \"" + text + "\"");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama3", "llama-v3", "falcon3", "pixtral", "lfm2"})
  void namesOfOneThing_areTheSame(String name) {
    assertEquals(PreTokenizer.named("llama-bpe"), PreTokenizer.named(name));
  }

  @Test
  void unknownName_isRefusedWithTheSupportedOnes() {
    Exception e =
        assertThrows(ModelFormatException.class, () -> TestTokenizers.byteLevel("qwen99"));
    assertAll(
        () -> assertTrue(e.getMessage().contains("\"qwen99\"")),
        () -> assertTrue(e.getMessage().contains("qwen2, ")));
  }

  @Test
  void llamaBpe_takesAWholeWordThatIsAToken() {
    Map<String, Object> metadata = TestTokenizers.byteLevelMetadata("llama-bpe");
    List<String> tokens =
        new ArrayList<>(new Metadata(metadata).strings("tokenizer.ggml.tokens").orElseThrow());
    tokens.set(tokens.size() - 2, "zyzzyva");
    metadata.put("tokenizer.ggml.tokens", tokens);
    int id = tokens.size() - 2;
    assertArrayEquals(new int[] {id}, Tokenizers.from(new Metadata(metadata)).encode("zyzzyva"));
    metadata.put("tokenizer.ggml.pre", "smaug-bpe");
    assertEquals(7, Tokenizers.from(new Metadata(metadata)).encode("zyzzyva").length);
  }
}
