package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is not served is refused by its name, and what does not fit says what was expected.
class AdapterRefusalTest {
  @TempDir private Path folder;
  private Path model;
  private PeftAdapter adapter;

  @BeforeEach
  void writeModel() throws IOException {
    RandomModel random = new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 5);
    model = folder.resolve("model.gguf");
    random.write(model);
    adapter =
        new PeftAdapter(PublishedFolder.write(random, model, folder.resolve("published")))
            .change("0.self_attn.q_proj", 4, 2, 1);
  }

  private void requireRefused(Path path, String... parts) throws IOException {
    try (ModelRun run = new ModelRun(model, new ScalarKernels(), 16)) {
      AdapterLoader loader = run.loader();
      ModelFormatException e = assertThrows(ModelFormatException.class, () -> loader.load(path));
      for (String part : parts) {
        assertTrue(e.getMessage().contains(part), e.getMessage());
      }
    }
  }

  private Path written() throws IOException {
    return adapter.write(folder.resolve("adapter"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "use_dora | true | DoRA",
        "modules_to_save | [\"lm_head\"] | trained whole",
        "bias | \"all\" | bias",
        "lora_bias | true | lora_bias",
        "peft_type | \"ADALORA\" | ADALORA",
        "init_lora_weights | \"pissa\" | changes the weights of the base model",
        "target_parameters | [\"experts.down_proj\"] | target_parameters",
        "alora_invocation_tokens | [1, 2] | alora_invocation_tokens",
        "trainable_token_indices | [3] | trainable_token_indices",
        "layer_replication | [[0, 1]] | layer_replication",
        "use_qalora | true | use_qalora",
        "some_later_method | {\"x\": 1} | some_later_method",
        "r | 8 | its matrices have 4",
        "lora_alpha | null | lora_alpha",
        "rank_pattern | {\"(a+)+\": 2} | (a+)+",
      })
  void fieldThatChangesTheResult_isRefusedByName(String key, String value, String part)
      throws IOException {
    adapter.with(key, value);
    requireRefused(written(), part, "adapter_config.json");
  }

  @Test
  void fieldsOfNoEffect_areAccepted() throws IOException {
    adapter
        .with("lora_dropout", 0.1)
        .with("layers_to_transform", "[0]")
        .with("init_lora_weights", true)
        .with("loftq_config", "{}")
        .with("megatron_core", "\"megatron.core\"")
        .with("peft_version", "\"0.18.0\"")
        .with("qalora_group_size", 16)
        .with("use_qalora", false);
    try (ModelRun run = new ModelRun(model, new ScalarKernels(), 16)) {
      assertTrue(run.loader().load(written()).linears().containsKey("blk.0.attn_q"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector, DoRA",
    "base_model.model.lm_head.weight, modules_to_save",
    "base_model.model.model.layers.0.input_layernorm.weight, a whole tensor",
    "base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias, lora_bias",
    "base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight, one of lora_A and lora_B",
    "base_model.model.model.layers.0.self_attn.rotary.lora_A.weight, one of lora_A and lora_B",
  })
  void tensorThatIsNoPair_isRefusedByName(String name, String part) throws IOException {
    adapter.add(name, new Written(List.of(4L, 4L), new float[16]));
    requireRefused(written(), part, name.contains("rotary") ? "rotary" : "adapter");
  }

  @ParameterizedTest
  @CsvSource({
    "model.layers.0.self_attn.k_proj, blk.0.attn_k",
    "model.layers.7.self_attn.q_proj, blk.7.attn_q",
    "model.vision.q_proj, model.vision.q_proj",
    "model.norm, output_norm"
  })
  void matricesOfAnotherModel_areRefused(String module, String part) throws IOException {
    String name = "base_model.model." + module;
    adapter.add(name + ".lora_A.weight", new Written(List.of(4L, 3L), new float[12]));
    adapter.add(name + ".lora_B.weight", new Written(List.of(5L, 4L), new float[20]));
    requireRefused(written(), part, "was the adapter made for");
  }

  @Test
  void folderThatIsNoAdapter_isRefused() throws IOException {
    requireRefused(folder.resolve("published"), "adapter_config.json");
    Path empty = written();
    Files.delete(empty.resolve("adapter_model.safetensors"));
    requireRefused(empty, "adapter_model.safetensors", "adapter_model.bin");
  }

  // ---- GGUF ----

  private static Metadata.Builder keys() {
    return LowRankGguf.keys("qwen2");
  }

  private Path gguf(Metadata.Builder keys, String... names) throws IOException {
    GgufWriter writer = new GgufWriter(keys.build());
    for (String name : names) {
      writer.add(name, StorageType.F32, List.of(4L, 4L), new float[16]);
    }
    Path file = folder.resolve("adapter.gguf");
    writer.write(file);
    return file;
  }

  @ParameterizedTest
  @CsvSource({
    "general.type, model, general.type",
    "adapter.type, control_vector, adapter.type",
    "general.architecture, llama, general.architecture",
  })
  void ggufOfAnotherKind_isRefused(String key, String value, String part) throws IOException {
    Path file = gguf(keys().string(key, value), "output.weight.lora_a", "output.weight.lora_b");
    requireRefused(file, part, value);
  }

  @Test
  void ggufThatIsNotServed_isRefused() throws IOException {
    String a = "blk.0.attn_q.weight.lora_a";
    String b = "blk.0.attn_q.weight.lora_b";
    requireRefused(gguf(keys().u32s("adapter.alora.invocation_tokens", 1), a, b), "activated");
    requireRefused(gguf(keys(), a), "complete");
    requireRefused(gguf(keys(), b), "complete");
    requireRefused(gguf(keys(), a, b, "blk.0.attn_norm.weight"), "blk.0.attn_norm.weight");
    requireRefused(gguf(keys(), a, b), "[4, 4]", "made for another model");
    requireRefused(gguf(keys()), "no LoRA matrices");
    requireRefused(model, "general.type");
  }
}
