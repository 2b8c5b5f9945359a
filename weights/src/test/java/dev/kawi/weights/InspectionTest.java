package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InspectionTest {
  @TempDir Path folder;

  @Test
  void of_countsParametersAndSharesOfStorage() throws IOException {
    try (GgufFile file = GgufFile.open(model(twoLayers()))) {
      Inspection inspection = Inspection.of(file);
      assertEquals(64 * 64 + 64, inspection.parameters());
      assertEquals(
          List.of(
              new Inspection.Storage("Q8_0", 1, 4096, 4352, true),
              new Inspection.Storage("F32", 1, 64, 256, true)),
          inspection.storage());
      assertEquals(8.0 * (4352 + 256) / 4160, inspection.bitsPerWeight());
      assertEquals("{{ messages }}", inspection.chatTemplate().orElseThrow());
      assertTrue(
          inspection
              .metadata()
              .contains(
                  new Inspection.Entry(
                      "tokenizer.ggml.tokens",
                      "string[9]",
                      List.of("t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"))));
    }
  }

  /// 2 layers with 2 key-value heads of 32 (keys) and 16 (values).
  @Test
  void memory_isWeightsPlusKeysAndValuesOfTheContext() throws IOException {
    Metadata metadata =
        twoLayers()
            .u32("llama.attention.key_length", 32)
            .u32("llama.attention.value_length", 16)
            .build();
    try (GgufFile file = GgufFile.open(model(metadata.toBuilder()))) {
      MemoryNeed memory = Inspection.of(file, 100).memory().orElseThrow();
      long elements = 100 * 2 * 2 * (32 + 16);
      assertEquals(4608, memory.weightBytes());
      assertEquals(
          List.of(
              new MemoryNeed.KeyValues(StorageType.F32, 4 * elements, 4 * elements + 4608),
              new MemoryNeed.KeyValues(StorageType.F16, 2 * elements, 2 * elements + 4608),
              new MemoryNeed.KeyValues(
                  StorageType.Q8_0, elements / 32 * 34, elements / 32 * 34 + 4608)),
          memory.keyValues());
    }
  }

  @Test
  void memory_withHeadsByLayer_addsTheLayers() throws IOException {
    Metadata.Builder metadata = twoLayers().i32s("llama.attention.head_count_kv", 1, 3);
    try (GgufFile file = GgufFile.open(model(metadata))) {
      MemoryNeed memory = Inspection.of(file).memory().orElseThrow();
      assertEquals(2048, memory.contextLength());
      assertEquals(4L * 2048 * (1 + 3) * (16 + 16), memory.keyValues().getFirst().bytes());
    }
  }

  @Test
  void memory_ofAVocabularyFile_isUnknown() throws IOException {
    try (GgufFile file = GgufFile.open(model(Metadata.builder()))) {
      assertTrue(Inspection.of(file).memory().isEmpty());
      assertThrows(IllegalArgumentException.class, () -> Inspection.of(file, 0));
    }
  }

  @Test
  void inspection_isWrittenAsJson() throws IOException {
    try (GgufFile file = GgufFile.open(model(twoLayers()))) {
      JsonNode json = new JsonMapper().valueToTree(Inspection.of(file));
      assertEquals("llama", json.get("architecture").asString());
      assertEquals(4160, json.get("parameters").asLong());
      assertEquals("F16", json.at("/memory/keyValues/1/type").asString());
      assertEquals(64, json.at("/tensors/0/shape/1").asInt());
    }
  }

  private static Metadata.Builder twoLayers() {
    return Metadata.builder()
        .string("general.architecture", "llama")
        .u32("llama.context_length", 2048)
        .u32("llama.block_count", 2)
        .u32("llama.embedding_length", 64)
        .u32("llama.attention.head_count", 4)
        .u32("llama.attention.head_count_kv", 2)
        .string("tokenizer.chat_template", "{{ messages }}")
        .strings(
            "tokenizer.ggml.tokens", List.of("t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"));
  }

  private Path model(Metadata.Builder metadata) throws IOException {
    Path path = folder.resolve("model.gguf");
    new GgufWriter(metadata.build())
        .add("output.weight", StorageType.Q8_0, List.of(64L, 64L), new float[64 * 64])
        .add("output_norm.weight", StorageType.F32, List.of(64L), new float[64])
        .write(path);
    return path;
  }
}
