package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Folders with matrices of 8-bit floats and factors for squares of them.
class Fp8FolderTest {
  private static final String DOWN = "model.layers.0.mlp.down_proj.weight";
  private static final String CONFIG =
      """
      {"model_type": "qwen3", "hidden_size": 8, "intermediate_size": 6, "num_hidden_layers": 1,
       "num_attention_heads": 1, "rms_norm_eps": 1e-5, "quantization_config":
         {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [4, 2]}}
      """;

  @TempDir private Path folder;

  private void config(String text) throws IOException {
    Files.writeString(folder.resolve("config.json"), text);
  }

  /// A file with one tensor.
  private void write(String name, String dtype, String shape, byte[] bytes) throws IOException {
    byte[] header =
        "{\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%d]}}"
            .formatted(name, dtype, shape, bytes.length)
            .getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(folder.resolve(dtype + ".safetensors"))) {
      out.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
      out.write(header);
      out.write(bytes);
    }
  }

  private void levels() throws IOException {
    byte[] bytes = new byte[48];
    IntStream.range(0, 48).forEach(i -> bytes[i] = (byte) (5 * i));
    write(DOWN, "F8_E4M3", "[8, 6]", bytes);
  }

  private void factors(String shape, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    IntStream.range(0, count).forEach(i -> bytes.putFloat(0.25f * (i + 1)));
    write(DOWN + "_scale_inv", "F32", shape, bytes.array());
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"%s\": \"F8_E4M3.safetensors\", \"%s_scale_inv\": \"F32.safetensors\"}}"
            .formatted(DOWN, DOWN));
  }

  /// The definition: (-1)^s * 2^(e - 7) * (1 + m / 8), and 2^-6 * m / 8 where e is 0.
  private static double meaning(int level) {
    int exponent = level >> 3 & 15;
    double fraction = (level & 7) / 8.0;
    double size =
        exponent == 0 ? Math.pow(2, -6) * fraction : Math.pow(2, exponent - 7) * (1 + fraction);
    return level < 128 ? size : -size;
  }

  @Test
  void levelsTimesFactorsOfTheirSquare_areTheMatrix() throws IOException {
    config(CONFIG);
    levels();
    factors("[2, 3]", 6);
    try (HuggingFaceFolder opened = HuggingFaceFolder.open(folder)) {
      TensorInfo info = opened.tensor("blk.0.ffn_down.weight").orElseThrow();
      assertEquals(StorageType.BF16, info.type());
      for (int i = 0; i < 48; i++) {
        int square = i / 6 / 4 * 3 + i % 6 / 2;
        double expected = meaning(5 * i & 255) * 0.25 * (square + 1);
        short bits = opened.data(info).getAtIndex(ValueLayout.JAVA_SHORT, i);
        assertEquals(expected, Float.intBitsToFloat(bits << 16), Math.abs(expected) / 256, "" + i);
      }
    }
  }

  @Test
  void levelsWithoutFactors_areRefused() throws IOException {
    config(CONFIG);
    levels();
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(folder).close());
    assertTrue(e.getMessage().contains(DOWN + "_scale_inv is missing"), e.getMessage());
  }

  @Test
  void factorsForOtherSquares_areRefused() throws IOException {
    config(CONFIG);
    levels();
    factors("[3, 2]", 6);
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(folder).close());
    assertTrue(e.getMessage().contains("squares of 4 x 2"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"e4m3\" | \"e5m2\" | fmt",
        "\"weight_block_size\" | \"else\" | weight_block_size of",
        "[4, 2] | [4] | is not two sizes",
        "\"fp8\" | \"compressed-tensors\" | quant_method of"
      })
  void otherForms_areRefusedByTheirKey(String here, String there, String key) throws IOException {
    config(CONFIG.replace(here, there));
    levels();
    factors("[2, 3]", 6);
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(folder).close());
    assertTrue(e.getMessage().contains(key), e.getMessage());
  }
}
