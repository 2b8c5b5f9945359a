package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.Access;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.pytorch.Pickle;
import dev.kawi.pytorch.TorchSave;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same tensors come out of a folder whichever files its publisher chose.
class PublishedFilesTest {
  private static final String CONFIG =
      """
      {"model_type": "llama", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1,
       "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64,
       "rms_norm_eps": 1e-5, "hidden_act": "silu"}
      """;
  private static final List<Weight> WEIGHTS =
      List.of(
          new Weight("model.embed_tokens.weight", "token_embd.weight", "BF16", 16, 8),
          new Weight("model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight", "F32", 8),
          new Weight("model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight", "F16", 8, 8),
          new Weight("model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight", "F16", 8, 12),
          new Weight("model.norm.weight", "output_norm.weight", "F32", 8),
          new Weight("lm_head.weight", "output.weight", "BF16", 16, 8));
  private static final String FIRST = "pytorch_model-00001-of-00002.bin";
  private static final String SECOND = "pytorch_model-00002-of-00002.bin";
  private static final String INDEX = "pytorch_model.bin.index.json";

  @TempDir private Path folder;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Weight(String name, String ggufName, String dtype, long... shape) {
    byte[] bytes() {
      long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      byte[] bytes = new byte[Math.toIntExact(elements * (dtype.equals("F32") ? 4 : 2))];
      new SplittableRandom(name.hashCode()).nextBytes(bytes);
      return bytes;
    }

    String storageClass() {
      return switch (dtype) {
        case "F32" -> "FloatStorage";
        case "F16" -> "HalfStorage";
        default -> "BFloat16Storage";
      };
    }
  }

  @BeforeEach
  void writeConfig() throws IOException {
    write("config.json", CONFIG.getBytes(StandardCharsets.UTF_8));
  }

  private void write(String name, byte[] bytes) throws IOException {
    Files.write(folder.resolve(name), bytes);
  }

  private void writePytorch(String name, List<Weight> weights) throws IOException {
    Pickle pickle = Pickle.start().orderedDict();
    byte[][] storages = new byte[weights.size()][];
    for (int i = 0; i < storages.length; i++) {
      Weight weight = weights.get(i);
      storages[i] = weight.bytes();
      pickle.item(weight.name(), weight.storageClass(), String.valueOf(i), weight.shape());
    }
    write(name, TorchSave.zip(pickle.stop(), storages));
  }

  private void writeParts() throws IOException {
    writePytorch(FIRST, WEIGHTS.subList(0, 3));
    writePytorch(SECOND, WEIGHTS.subList(3, 6));
  }

  private void writeIndex(String... files) throws IOException {
    String map =
        Arrays.stream(files)
            .map(file -> "\"in %s\": \"%s\"".formatted(file, file))
            .collect(Collectors.joining(", "));
    write(INDEX, "{\"weight_map\": {%s}}".formatted(map).getBytes(StandardCharsets.UTF_8));
  }

  private void writeSafetensors() throws IOException {
    writeSafetensors(WEIGHTS);
  }

  private static byte[] safetensors(List<Weight> weights) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    StringBuilder header = new StringBuilder("{");
    for (Weight weight : weights) {
      int from = data.size();
      data.writeBytes(weight.bytes());
      header.append(header.length() == 1 ? "" : ",");
      header.append(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  weight.name(),
                  weight.dtype(),
                  Arrays.toString(weight.shape()),
                  from,
                  data.size()));
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + text.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text).put(data.toByteArray());
    return file.array();
  }

  private void writeSafetensors(List<Weight> weights) throws IOException {
    write("model.safetensors", safetensors(weights));
  }

  private void assertHasAllWeights() throws IOException {
    try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
      for (Weight weight : WEIGHTS) {
        TensorInfo tensor = model.tensor(weight.ggufName()).orElseThrow();
        assertEquals(weight.dtype(), tensor.type().name());
        assertEquals(Arrays.stream(weight.shape()).boxed().toList(), tensor.shape());
        ByteBuffer found = model.data(tensor).asByteBuffer();
        assertEquals(ByteBuffer.wrap(weight.bytes()), found, weight.name());
      }
      model.checkUnchanged();
    }
  }

  private String refusal() {
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(folder).close());
    return e.getMessage();
  }

  @Test
  void safetensors_giveAllWeights() throws IOException {
    writeSafetensors();
    assertHasAllWeights();
  }

  @Test
  void oneFileOfPytorch_givesAllWeights() throws IOException {
    writePytorch("pytorch_model.bin", WEIGHTS);
    assertHasAllWeights();
  }

  @Test
  void partsOfPytorch_giveAllWeightsWithAndWithoutIndex() throws IOException {
    writeParts();
    assertHasAllWeights();
    writeIndex(FIRST, SECOND, FIRST);
    assertHasAllWeights();
  }

  @Test
  void filesOfTheIndex_areTheOnesThatAreRead() throws IOException {
    writePytorch("weights.bin", WEIGHTS);
    writeIndex("weights.bin");
    write("pytorch_model.bin", new byte[0]);
    assertHasAllWeights();
  }

  @Test
  void safetensors_comeFirst() throws IOException {
    writeSafetensors();
    writeIndex(FIRST);
    write(FIRST, new byte[100]);
    assertHasAllWeights();
  }

  @Test
  void whatTrainersLeave_isNotRead() throws IOException {
    writePytorch("pytorch_model.bin", WEIGHTS);
    write("training_args.bin", new byte[100]);
    write("optimizer.bin", new byte[100]);
    assertHasAllWeights();
  }

  @Test
  void missingPart_isNamed() throws IOException {
    writeParts();
    Files.delete(folder.resolve(FIRST));
    assertTrue(refusal().contains(FIRST + " is missing"), refusal());
    writeIndex(SECOND, FIRST);
    assertTrue(refusal().contains(FIRST + " is missing, " + INDEX + " names it"), refusal());
  }

  @Test
  void missingPartOfSafetensors_isNamed() throws IOException {
    String index = "{\"weight_map\": {\"a\": \"model-00001-of-00001.safetensors\"}}";
    write("model.safetensors.index.json", index.getBytes(StandardCharsets.UTF_8));
    assertTrue(refusal().contains("model-00001-of-00001.safetensors is missing"), refusal());
  }

  @Test
  void indexThatLeadsOutOfTheFolder_isRefused() throws IOException {
    writeIndex("../pytorch_model.bin");
    assertTrue(refusal().contains("which is not in its folder"), refusal());
  }

  @Test
  void folderWithoutWeights_isRefusedWithWhatIsMissing() {
    assertTrue(refusal().contains("neither .safetensors files nor pytorch_model.bin"), refusal());
  }

  @Test
  void fileThatGrows_isNoticed() throws IOException {
    writePytorch("pytorch_model.bin", WEIGHTS);
    try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
      write("pytorch_model.bin", new byte[100_000]);
      ModelFormatException e = assertThrows(ModelFormatException.class, model::checkUnchanged);
      assertTrue(e.getMessage().startsWith("pytorch: "), e.getMessage());
    }
  }

  @Test
  void weightInAnotherType_isRefusedByName() throws IOException {
    Pickle pickle = Pickle.start().orderedDict().item("model.norm.weight", "DoubleStorage", "0", 8);
    write("pytorch_model.bin", TorchSave.zip(pickle.stop(), new byte[64]));
    assertTrue(refusal().startsWith("pytorch: model.norm.weight of "), refusal());
    assertTrue(refusal().contains("is stored as F64"), refusal());
  }

  @Test
  void whatLiesBesideTheModel_isNotRead() throws IOException {
    writeSafetensors();
    write("model_old.safetensors", safetensors(List.of(WEIGHTS.getFirst())));
    write("adapter_model.safetensors", new byte[3]);
    assertHasAllWeights();
  }

  @Test
  void severalFilesAndNoIndex_areRefusedByName() throws IOException {
    write("a.safetensors", safetensors(WEIGHTS));
    assertHasAllWeights();
    write("b.safetensors", safetensors(WEIGHTS));
    assertTrue(refusal().contains("which of these are the model: a.safetensors, b.safetensors"));
  }

  @Test
  void partsOfSafetensors_areReadWithoutAnIndex() throws IOException {
    write("model-00001-of-00002.safetensors", safetensors(WEIGHTS.subList(0, 3)));
    assertTrue(refusal().contains("model-00002-of-00002.safetensors is missing"), refusal());
    write("model-00002-of-00002.safetensors", safetensors(WEIGHTS.subList(3, 6)));
    assertHasAllWeights();
  }

  @Test
  void emptyTensorsAndScalars_doNoHarm() throws IOException {
    List<Weight> more = new ArrayList<>(WEIGHTS);
    more.add(new Weight("model.extra", "", "F32", 0));
    more.add(new Weight("model.layers.0.self_attn.nothing", "", "F16", 0, 8));
    more.add(new Weight("model.version", "", "F32"));
    writeSafetensors(more);
    assertHasAllWeights();
  }

  private void config(String more) throws IOException {
    String text = CONFIG.strip();
    String all = text.substring(0, text.length() - 1) + ", " + more + "}";
    write("config.json", all.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void numbersAsPythonWritesThem_areRead() throws IOException {
    writeSafetensors();
    config("\"max_loss\": Infinity, \"min_loss\": -Infinity, \"loss\": NaN");
    assertHasAllWeights();
    config("\"rope_theta\": NaN");
    assertTrue(refusal().contains("rope_theta"), refusal());
  }

  @Test
  void ropeScalingOfAnEmptyType_isNone() throws IOException {
    writeSafetensors();
    config("\"rope_scaling\": {\"type\": \"\", \"factor\": 4.0}");
    try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
      assertEquals(Optional.empty(), model.metadata().string("llama.rope.scaling.type"));
    }
  }

  @Test
  void headThatIsNotTiedAndNotThere_isSaidInOneLine() throws IOException {
    writeSafetensors(WEIGHTS.subList(0, 5));
    config("\"tie_word_embeddings\": true");
    HuggingFaceFolder.open(folder).close();
    config("\"tie_word_embeddings\": false");
    assertTrue(refusal().contains("tie_word_embeddings"), refusal());
    assertTrue(refusal().contains("lm_head.weight"), refusal());
    assertEquals(1, refusal().lines().count());
  }

  @Test
  void folderOfGgufFiles_namesThem() throws IOException {
    Files.delete(folder.resolve("config.json"));
    write("small-Q4_K_M.gguf", new byte[4]);
    write("small-Q8_0.gguf", new byte[4]);
    assertTrue(refusal().contains(folder.resolve("small-Q4_K_M.gguf") + ", "), refusal());
  }

  @Test
  void llama2cCheckpoint_pointsToConvert() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    for (int size : new int[] {8, 16, 1, 2, 2, 32, 64}) {
      header.putInt(size);
    }
    write("stories.bin", header.array());
    Path file = folder.resolve("stories.bin");
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> ModelFiles.open(file, Access.MAP).close());
    assertTrue(e.getMessage().contains("kawi convert " + file), e.getMessage());
  }

  // ---- chat templates ----

  private Optional<String> template(String key) throws IOException {
    try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
      return model.metadata().string(key);
    }
  }

  private void text(String name, String text) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Files.writeString(folder.resolve(name), text);
  }

  @Test
  void chatTemplate_isFoundWhereverPublishersPutIt() throws IOException {
    writeSafetensors();
    String key = "tokenizer.chat_template";
    text(
        "tokenizer_config.json", "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"R\"}]}");
    assertEquals(Optional.empty(), template(key));
    assertEquals(Optional.of("R"), template(key + ".rag"));
    text("tokenizer_config.json", "{\"chat_template\": \"C\", \"model_max_length\": Infinity}");
    assertEquals(Optional.of("C"), template(key));
    text("chat_template.json", "{\"chat_template\": \"J\"}");
    assertEquals(Optional.of("J"), template(key));
    text("chat_template.jinja", "F");
    text("additional_chat_templates/tool_use.jinja", "T");
    assertEquals(Optional.of("F"), template(key));
    assertEquals(Optional.of("T"), template(key + ".tool_use"));
  }

  // ---- the first ChatGLM ----

  private static final String GLM_CONFIG =
      """
      {"model_type": "chatglm", "hidden_size": 8, "inner_hidden_size": 12, "num_layers": 1,
       "num_attention_heads": 2, "max_sequence_length": 64, "layernorm_epsilon": 1e-5,
       "position_encoding_2d": true, "pre_seq_len": null, "ids": {}}
      """;
  private static final String GLM_LAYER = "transformer.layers.0.";
  private static final List<Weight> GLM_WEIGHTS =
      List.of(
          new Weight("transformer.word_embeddings.weight", "token_embd.weight", "F16", 16, 8),
          new Weight(GLM_LAYER + "input_layernorm.weight", "blk.0.attn_norm.weight", "F16", 8),
          new Weight(GLM_LAYER + "input_layernorm.bias", "blk.0.attn_norm.bias", "F16", 8),
          new Weight(GLM_LAYER + "attention.rotary_emb.inv_freq", "", "F16", 1),
          new Weight(GLM_LAYER + "attention.query_key_value.weight", "", "F16", 24, 8),
          new Weight(GLM_LAYER + "attention.query_key_value.bias", "", "F16", 24),
          new Weight(GLM_LAYER + "attention.dense.weight", "blk.0.attn_output.weight", "F16", 8, 8),
          new Weight(GLM_LAYER + "attention.dense.bias", "blk.0.attn_output.bias", "F16", 8),
          new Weight(
              GLM_LAYER + "post_attention_layernorm.weight", "blk.0.ffn_norm.weight", "F16", 8),
          new Weight(GLM_LAYER + "post_attention_layernorm.bias", "blk.0.ffn_norm.bias", "F16", 8),
          new Weight(GLM_LAYER + "mlp.dense_h_to_4h.weight", "blk.0.ffn_up.weight", "F16", 12, 8),
          new Weight(GLM_LAYER + "mlp.dense_h_to_4h.bias", "blk.0.ffn_up.bias", "F16", 12),
          new Weight(GLM_LAYER + "mlp.dense_4h_to_h.weight", "blk.0.ffn_down.weight", "F16", 8, 12),
          new Weight(GLM_LAYER + "mlp.dense_4h_to_h.bias", "blk.0.ffn_down.bias", "F16", 8),
          new Weight("transformer.final_layernorm.weight", "output_norm.weight", "F16", 8),
          new Weight("transformer.final_layernorm.bias", "output_norm.bias", "F16", 8),
          new Weight("lm_head.weight", "output.weight", "F16", 16, 8));

  private void assertHasAllOfGlm(String ids, int start, int gmask, int mask) throws IOException {
    write("config.json", GLM_CONFIG.replace("\"ids\": {}", ids).getBytes(StandardCharsets.UTF_8));
    try (HuggingFaceFolder model = HuggingFaceFolder.open(folder)) {
      for (Weight weight : GLM_WEIGHTS) {
        if (!weight.ggufName().isEmpty()) {
          TensorInfo tensor = model.tensor(weight.ggufName()).orElseThrow();
          ByteBuffer found = model.data(tensor).asByteBuffer();
          assertEquals(ByteBuffer.wrap(weight.bytes()), found, weight.name());
        }
      }
      assertUngrouped(model, "weight", GLM_WEIGHTS.get(4));
      assertUngrouped(model, "bias", GLM_WEIGHTS.get(5));
      assertEquals("chatglm1", model.metadata().string("general.architecture").orElseThrow());
      assertEquals(64, model.metadata().integer("chatglm1.context_length").orElseThrow());
      assertEquals(12, model.metadata().integer("chatglm1.feed_forward_length").orElseThrow());
      assertEquals(start, model.metadata().integer("chatglm1.sop_token_id").orElseThrow());
      assertEquals(gmask, model.metadata().integer("chatglm1.gmask_token_id").orElseThrow());
      assertEquals(mask, model.metadata().integer("chatglm1.mask_token_id").orElseThrow());
    }
  }

  /// Query, key and value of a head in 4 rows each, head after head, become all queries, all keys,
  /// all values.
  private static void assertUngrouped(HuggingFaceFolder model, String kind, Weight published) {
    TensorInfo tensor = model.tensor("blk.0.attn_qkv." + kind).orElseThrow();
    byte[] found = new byte[published.bytes().length];
    model.data(tensor).asByteBuffer().get(found);
    int size = found.length / 6;
    for (int part = 0; part < 6; part++) {
      int from = (part % 2 * 3 + part / 2) * size;
      assertEquals(
          ByteBuffer.wrap(published.bytes(), from, size),
          ByteBuffer.wrap(found, part * size, size),
          kind + " " + part);
    }
  }

  @Test
  void firstChatGlm_isTheSameFromPytorchAndSafetensors() throws IOException {
    String ids = "\"bos_token_id\": 130004, \"gmask_token_id\": 130001, \"mask_token_id\": 130000";
    writePytorch("pytorch_model.bin", GLM_WEIGHTS);
    assertHasAllOfGlm(ids, 130004, 130001, 130000);
    Files.delete(folder.resolve("pytorch_model.bin"));
    writeSafetensors(GLM_WEIGHTS);
    assertHasAllOfGlm(ids, 130004, 130001, 130000);
  }

  @Test
  void firstChatGlm_hasTheMasksOfItsFirstVersionUnlessItSaysOthers() throws IOException {
    writeSafetensors(GLM_WEIGHTS);
    assertHasAllOfGlm("\"bos_token_id\": 150004", 150004, 150001, 150000);
  }
}
