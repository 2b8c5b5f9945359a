package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders of gpt-oss with experts in MXFP4, whose levels and scales are tensors of bytes.
class GptOssFolderTest {
  private static final String EXPERTS = "model.layers.0.mlp.experts.";
  private static final String CONFIG =
      """
      {"model_type": "gpt_oss", "hidden_size": 64, "intermediate_size": 32, "num_hidden_layers": 1,
       "num_attention_heads": 1, "num_local_experts": 2, "num_experts_per_tok": 1,
       "rms_norm_eps": 1e-5, "quantization_config": {"quant_method": "mxfp4"}}
      """;

  @TempDir private Path folder;

  private void config(String text) throws IOException {
    Files.writeString(folder.resolve("config.json"), text);
  }

  /// A file with one tensor of bytes.
  private void write(String name, List<Integer> shape) throws IOException {
    int size = shape.stream().reduce(1, (a, b) -> a * b);
    byte[] header =
        "{\"%s\":{\"dtype\":\"U8\",\"shape\":%s,\"data_offsets\":[0,%d]}}"
            .formatted(EXPERTS + name, shape, size)
            .getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(folder.resolve(name + ".safetensors"))) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      out.write(length.putLong(header.length).array());
      out.write(header);
      out.write(new byte[size]);
    }
  }

  @Test
  void levelsAndScalesInDifferentFiles_areOneTensor() throws IOException {
    config(CONFIG);
    write("gate_up_proj_blocks", List.of(2, 64, 2, 16));
    write("gate_up_proj_scales", List.of(2, 64, 2));
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"%s\": \"gate_up_proj_blocks.safetensors\", \"%s\": \"gate_up_proj_scales.safetensors\"}}"
            .formatted(EXPERTS + "gate_up_proj_blocks", EXPERTS + "gate_up_proj_scales"));
    try (HuggingFaceFolder opened = HuggingFaceFolder.open(folder)) {
      for (String half : List.of("gate", "up")) {
        TensorInfo info = opened.tensor("blk.0.ffn_" + half + "_exps.weight").orElseThrow();
        assertEquals(StorageType.MXFP4, info.type());
        assertEquals(List.of(2L, 32L, 64L), info.shape());
        assertEquals(info.bytes(), opened.data(info).byteSize());
      }
    }
  }

  @Test
  void levelsWithoutScales_areNoTensor() throws IOException {
    config(CONFIG);
    write("down_proj_blocks", List.of(2, 64, 1, 16));
    try (HuggingFaceFolder opened = HuggingFaceFolder.open(folder)) {
      assertTrue(opened.tensor("blk.0.ffn_down_exps.weight").isEmpty());
    }
  }

  @Test
  void mxfp4OfAnotherModel_isRefused() throws IOException {
    config(CONFIG.replace("gpt_oss", "mixtral"));
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(folder).close());
    assertTrue(e.getMessage().contains("mxfp4"), e.getMessage());
  }
}
