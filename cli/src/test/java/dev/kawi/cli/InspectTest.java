package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InspectTest {
  @TempDir private Path temp;

  @Test
  void summary_saysWhatTheFileHolds() throws IOException {
    CommandLineRun run = CommandLineRun.of("inspect", model().toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.err());
    assertTrue(run.out().contains("architecture  llama\n"), run.out());
    assertTrue(run.out().contains("parameters    64 (64), 32.00 bits each\n"), run.out());
    assertTrue(run.out().contains("storage       F32 x 1 (256 bytes)\n"), run.out());
    assertTrue(run.out().contains("  token_embd.weight  F32     [8, 8]"), run.out());
    assertTrue(run.out().contains("0, 1, 2, 3, 4, 5, 6, 7, ...\n"), run.out());
  }

  @Test
  void json_givesTheMemoryOfAContext() throws IOException {
    CommandLineRun run = CommandLineRun.of("inspect", model().toString(), "--ctx", "100", "--json");
    JsonNode json = JsonMapper.shared().readTree(run.out());
    // 2 layers, 1 key-value head of 8 / 2 = 4 elements, a key and a value, 4 bytes.
    assertEquals(100, json.at("/memory/contextLength").asInt());
    assertEquals("F32", json.at("/memory/keyValues/0/type").asString());
    assertEquals(100 * 2 * 4 * 2 * 4, json.at("/memory/keyValues/0/bytes").asInt());
    assertEquals("token_embd.weight", json.at("/tensors/0/name").asString());
  }

  @Test
  void chatTemplate_isPrintedAlone() throws IOException {
    CommandLineRun run = CommandLineRun.of("inspect", model().toString(), "--chat-template");
    assertEquals("{{ messages }}\n", run.out());
  }

  @Test
  void missingFile_isNamed() {
    CommandLineRun run = CommandLineRun.of("inspect", "nowhere.gguf");
    assertEquals(1, run.exitCode());
    assertEquals("kawi: no such file: nowhere.gguf\n", run.err());
  }

  @Test
  void noModelFile_saysWhatItIs() throws IOException {
    Path page = Files.writeString(temp.resolve("page.gguf"), "<!DOCTYPE html>");
    CommandLineRun run = CommandLineRun.of("inspect", page.toString());
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("is a web page"), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @Test
  void fileFromBeforeGguf_saysHowItIsConverted() throws IOException {
    Path old = Files.writeString(temp.resolve("model.bin"), "tjgg\u0003\0\0\0and more");
    CommandLineRun run = CommandLineRun.of("inspect", old.toString());
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("is a GGML file from before GGUF (ggjt)"), run.err());
    assertTrue(run.err().contains("kawi convert FILE --out MODEL.gguf"), run.err());
  }

  @Test
  @Tag("data")
  void stories260K_has260ThousandParameters() {
    Path file = Path.of(System.getProperty("kawi.data"), "models/stories260K/stories260K.gguf");
    CommandLineRun run = CommandLineRun.of("inspect", file.toString(), "--json");
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertEquals("llama", json.get("architecture").asString());
    assertEquals(292_800, json.get("parameters").asInt());
  }

  private Path model() throws IOException {
    return model(temp);
  }

  /// A tiny file, of no use to run.
  static Path model(Path folder) throws IOException {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", "llama");
    metadata.put("llama.block_count", 2);
    metadata.put("llama.embedding_length", 8);
    metadata.put("llama.attention.head_count", 2);
    metadata.put("llama.attention.head_count_kv", 1);
    metadata.put("llama.context_length", 512);
    metadata.put("tokenizer.chat_template", "{{ messages }}");
    int[] numbers = new int[20];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    metadata.put("test.numbers", numbers);
    Path file = folder.resolve("model.gguf");
    new GgufWriter(new Metadata(metadata))
        .add("token_embd.weight", StorageType.F32, List.of(8L, 8L), new float[64])
        .write(file);
    return file;
  }
}
