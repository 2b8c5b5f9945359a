package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// stories260K as llama2.c wrote it, against the GGUF file that llama.cpp's importer made of it.
@Tag("data")
class ConverterDataTest {
  private static final Path STORIES =
      Path.of(System.getProperty("kawi.data"), "models", "stories260K");

  /// Not the context length: llama.cpp's importer writes 2048 for every model.
  private static final List<String> KEYS =
      List.of(
          "general.architecture",
          "llama.embedding_length",
          "llama.feed_forward_length",
          "llama.attention.head_count",
          "llama.attention.head_count_kv",
          "llama.block_count",
          "llama.rope.dimension_count",
          "llama.attention.layer_norm_rms_epsilon",
          "tokenizer.ggml.model",
          "tokenizer.ggml.tokens",
          "tokenizer.ggml.unknown_token_id",
          "tokenizer.ggml.bos_token_id",
          "tokenizer.ggml.eos_token_id");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"stories260K.bin", "stories260K_v1.bin"})
  void llama2cCheckpoint_becomesTheSameModel(String name) throws IOException {
    Path out = folder.resolve("out.gguf");
    Converter.convert(STORIES.resolve(name), out);
    try (GgufFile expected = GgufFile.open(STORIES.resolve("stories260K.gguf"));
        GgufFile found = GgufFile.open(out)) {
      for (String key : KEYS) {
        assertEquals(expected.metadata().asMap().get(key), found.metadata().asMap().get(key), key);
        assertEquals(expected.metadata().typeOf(key), found.metadata().typeOf(key), key);
      }
      assertArrayEquals(
          expected.metadata().numbers("tokenizer.ggml.scores").orElseThrow(),
          found.metadata().numbers("tokenizer.ggml.scores").orElseThrow());
      assertArrayEquals(
          expected.metadata().integers("tokenizer.ggml.token_type").orElseThrow(),
          found.metadata().integers("tokenizer.ggml.token_type").orElseThrow());
      assertEquals(512, found.metadata().integer("llama.context_length").orElseThrow());
      assertEqualWeights(expected, found);
    }
  }

  /// The checkpoint ties the output matrix to the embedding; llama.cpp's importer stores it twice.
  private static void assertEqualWeights(GgufFile expected, GgufFile found) {
    assertEquals(expected.tensors().size() - 1, found.tensors().size());
    for (TensorInfo tensor : found.tensors()) {
      TensorInfo twin = expected.tensor(tensor.name()).orElseThrow();
      assertEquals(twin.shape(), tensor.shape(), tensor.name());
      assertEquals(-1, expected.data(twin).mismatch(found.data(tensor)), tensor.name());
    }
  }
}
