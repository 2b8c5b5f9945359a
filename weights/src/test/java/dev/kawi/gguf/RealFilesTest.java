package dev.kawi.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.Dequantize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Files that other programs wrote.
@Tag("data")
class RealFilesTest {
  private static final Path DATA = Path.of(System.getProperty("kawi.data"));
  private static final Path STORIES = DATA.resolve("models/stories260K");

  @Test
  void stories260K_isReadWhole() throws IOException {
    try (GgufFile gguf = GgufFile.open(STORIES.resolve("stories260K.gguf"))) {
      assertEquals("llama", gguf.metadata().string("general.architecture").orElseThrow());
      assertEquals(512, gguf.metadata().strings("tokenizer.ggml.tokens").orElseThrow().size());
      assertEquals(48, gguf.tensors().size());
      TensorInfo embedding = gguf.tensor("token_embd.weight").orElseThrow();
      assertEquals(List.of(512L, 64L), embedding.shape());
    }
  }

  /// The files were quantized from the F32 file by llama-quantize.
  @ParameterizedTest
  @CsvSource({
    "stories260K-f16.gguf, 0.001", "stories260K-bf16.gguf, 0.004",
    "stories260K-q8_0-mix.gguf, 0.008", "stories260K-q5_0-mix.gguf, 0.08",
    "stories260K-q4_0-mix.gguf, 0.16"
  })
  void quantizedFile_isCloseToTheOriginal(String name, double relative) throws IOException {
    try (GgufFile original = GgufFile.open(STORIES.resolve("stories260K.gguf"));
        GgufFile quantized = GgufFile.open(STORIES.resolve(name))) {
      for (TensorInfo tensor : quantized.tensors()) {
        float[] expected = floats(original, original.tensor(tensor.name()).orElseThrow());
        float[] found = floats(quantized, tensor);
        assertTrue(rms(expected, found) <= relative, tensor.toString());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert-bge, 30522",
    "deepseek-llm, 102400",
    "gpt-2, 50257",
    "llama-spm, 32000",
    "phi-3, 32064"
  })
  void vocabularies_areRead(String name, int tokens) throws IOException {
    Path file = DATA.resolve("tokenizers/ggml-vocab-" + name + ".gguf");
    try (GgufFile gguf = GgufFile.open(file)) {
      assertEquals(tokens, gguf.metadata().strings("tokenizer.ggml.tokens").orElseThrow().size());
      assertTrue(gguf.tensors().isEmpty());
    }
  }

  private static float[] floats(GgufFile gguf, TensorInfo tensor) {
    int elements = Math.toIntExact(tensor.elements());
    MemorySegment floats = MemorySegment.ofArray(new float[elements]);
    Dequantize.row(tensor.type(), gguf.data(tensor), 0, floats, 0, elements);
    return floats.toArray(ValueLayout.JAVA_FLOAT);
  }

  private static double rms(float[] expected, float[] found) {
    double error = 0;
    double power = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(found[i] - expected[i], 2);
      power += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / power);
  }
}
