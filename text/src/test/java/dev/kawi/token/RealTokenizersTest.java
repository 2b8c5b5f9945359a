package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("data")
class RealTokenizersTest {
  @ParameterizedTest
  @ValueSource(strings = {"bert-bge", "deepseek-llm", "gpt-2", "llama-spm", "phi-3"})
  void gguf_givesTheIdsOfTheOriginal(String name) {
    assertGivesAll(TestData.gguf(name), TestData.pairs(name));
  }

  @ParameterizedTest
  @CsvSource({
    "hf/qwen2, qwen2",
    "hf/llama3, llama-bpe",
    "hf/llama2/tokenizer.json, llama-spm",
    "hf/llama2/tokenizer.model, llama-spm",
    "hf/phi-3, phi-3",
    "hf/gpt2, gpt-2",
    "llama2.c/tokenizer.bin, llama-spm"
  })
  void tokenizerFiles_giveTheIdsOfTheOriginal(String files, String name) throws IOException {
    Tokenizer tokenizer = Tokenizers.load(TestData.tokenizers().resolve(files));
    assertGivesAll(tokenizer, TestData.pairs(name));
  }

  private static void assertGivesAll(Tokenizer tokenizer, List<TestData.Pair> pairs) {
    for (TestData.Pair pair : pairs) {
      assertEquals(
          Arrays.toString(pair.ids()),
          Arrays.toString(tokenizer.encode(pair.text())),
          () -> "ids of \"" + pair.text() + "\"");
    }
  }
}
