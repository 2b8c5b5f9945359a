package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Real vocabularies against what llama.cpp and Hugging Face's tokenizers give for random texts.
@Tag("data")
class RealModelsTest {
  private static final JsonNode FILE = Goldens.read("real-models.json");

  @ParameterizedTest
  @ValueSource(strings = {"llama-spm", "phi-3"})
  void sentencePiece_givesLlamaCppsIds(String name) {
    assertGives(
        TestData.gguf(name), EncodeOptions.TEXT, Goldens.texts(), FILE.path("llamaCpp").path(name));
  }

  @Test
  void bert_givesHuggingFacesIds() {
    assertGives(
        TestData.gguf("bert-bge"),
        EncodeOptions.TEXT,
        Goldens.texts(),
        FILE.path("huggingFace").path("bert-bge"));
  }

  @Test
  void t5_givesHuggingFacesIds() throws IOException {
    assertGives(
        Tokenizers.load(TestData.tokenizers().resolve("hf/t5-small")),
        EncodeOptions.TEXT,
        Goldens.texts(),
        FILE.path("huggingFace").path("t5-small"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-spm", "phi-3", "deepseek-llm", "gpt-2"})
  void controlTokens_areParsedOrTextAsInLlamaCpp(String name) {
    Tokenizer tokenizer = TestData.gguf(name);
    List<String> texts = Goldens.strings(FILE.path("specialTexts"));
    assertGives(tokenizer, EncodeOptions.TEMPLATE, texts, FILE.path("parsed").path(name));
    assertGives(tokenizer, EncodeOptions.TEXT, texts, FILE.path("asText").path(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-bge", "deepseek-llm", "gpt-2", "llama-spm", "phi-3"})
  void roles_areThoseThatLlamaCppFinds(String name) {
    Vocabulary vocabulary = TestData.gguf(name).vocabulary();
    JsonNode expected = FILE.path("roles").path(name);
    assertArrayEquals(Goldens.ints(expected.path("eog")), vocabulary.endOfGeneration());
    assertEquals(id(expected, "bos"), vocabulary.bos());
    assertEquals(id(expected, "eos"), vocabulary.eos());
    assertEquals(id(expected, "eot"), vocabulary.eot());
    assertEquals(id(expected, "sep"), vocabulary.separator());
    assertEquals(id(expected, "fimPrefix"), vocabulary.fillInTheMiddle().prefix());
  }

  private static OptionalInt id(JsonNode roles, String key) {
    return roles.has(key) ? OptionalInt.of(roles.path(key).intValue()) : OptionalInt.empty();
  }

  private static void assertGives(
      Tokenizer tokenizer, EncodeOptions options, List<String> texts, JsonNode expected) {
    assertEquals(texts.size(), expected.size());
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      assertArrayEquals(
          Goldens.ints(expected.get(i)),
          tokenizer.encode(text, options),
          () -> "ids of \"" + text + "\"");
    }
  }

  @Test
  void t5_roundTripsPlainText() throws IOException {
    Tokenizer tokenizer = Tokenizers.load(TestData.tokenizers().resolve("hf/t5-small"));
    for (String text : List.of("Studies have shown that owning a dog is good for you.", "x = 1")) {
      assertEquals(text, tokenizer.decode(tokenizer.encode(text, EncodeOptions.PROMPT)));
    }
  }
}
