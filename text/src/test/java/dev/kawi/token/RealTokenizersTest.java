package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

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

  /// Files made after reports about other programs; the ids are those of Hugging Face's tokenizers
  /// 0.23.2.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "01-added-leftmost",
        "02-metaspace-always",
        "02-metaspace-first",
        "03-strip-unicode",
        "04-normalized-added",
        "04-normalized-nfkc",
        "06-punctuation-Removed",
        "07-split-string",
        "07-whitespace-split",
        "08-strip-bytelevel"
      })
  void reportedFiles_giveTheIdsOfTheOriginal(String name) throws IOException {
    Path folder = Path.of(System.getProperty("kawi.data"), "reports", name);
    Tokenizer tokenizer = Tokenizers.load(folder);
    JsonNode texts = Goldens.array(Files.readAllBytes(folder.resolve("texts.json")));
    List<int[]> ids =
        Goldens.ids(Goldens.array(Files.readAllBytes(folder.resolve("expected.json"))));
    assertEquals(texts.size(), ids.size());
    for (int i = 0; i < ids.size(); i++) {
      String text = texts.get(i).stringValue();
      assertArrayEquals(
          ids.get(i), tokenizer.encode(text, EncodeOptions.TEMPLATE), () -> "\"" + text + "\"");
    }
  }

  /// Of the file of Llama 2 the library says that it is damaged.
  @ParameterizedTest
  @ValueSource(strings = {"hf/phi-3", "hf/t5-small"})
  void realFiles_giveTheTokensAndTextsOfHuggingFacesLibrary(String name) throws IOException {
    Path file = TestData.tokenizers().resolve(name).resolve("tokenizer.json");
    JsonNode json = Json.parse(Files.readAllBytes(file), name);
    HuggingFaceDifference difference = new HuggingFaceDifference(500);
    difference.compare(name, json, List.of("<s>", "</s>", "<|user|>", "<extra_id_1>"), 5);
    assertEquals(0, difference.count("differences"), () -> difference.shown().toString());
    assertEquals(500, difference.count("texts"));
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
