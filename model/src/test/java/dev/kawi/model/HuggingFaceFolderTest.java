package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.weights.HuggingFaceFolder;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A model in its publisher's form gives the probabilities that llama.cpp computes from the same
/// model in GGUF ([Golden], [PublishedFolder]), and those that Kawi computes from it to 1e-4.
class HuggingFaceFolderTest {
  private static final int CONTEXT_LENGTH = 256;

  /// Files with tensors that no folder has.
  private static final List<String> ONLY_IN_GGUF = List.of("tiny-llama-rope-freqs");

  /// Roundings of a GELU add up over so many layers.
  private static final List<String> TOO_DEEP = List.of("tiny-gemma2-27b", "tiny-gemma3-27b");

  @TempDir private Path folder;

  static Stream<Golden> goldens() {
    return Golden.all().stream()
        .filter(g -> g.storage().equals("F32"))
        .filter(g -> !ONLY_IN_GGUF.contains(g.shape()))
        .filter(g -> !TOO_DEEP.contains(g.shape()));
  }

  private Path published(Golden golden) throws IOException {
    Path gguf = folder.resolve("model.gguf");
    golden.model().write(gguf);
    return PublishedFolder.write(golden.model(), gguf, folder.resolve("published"));
  }

  private static Golden golden(String shape) {
    return goldens().filter(g -> g.shape().equals(shape)).findFirst().orElseThrow();
  }

  /// Changes the configuration.
  private static void replace(Path published, String here, String there) throws IOException {
    Path config = published.resolve("config.json");
    String text = Files.readString(config);
    assertTrue(text.contains(here), text);
    Files.writeString(config, text.replace(here, there));
  }

  private static double[][] run(Path path, Golden golden) throws IOException {
    ModelFile file = Files.isDirectory(path) ? AsGguf.open(path) : GgufFile.open(path);
    try (ModelRun run =
        new ModelRun(file, KernelProvider.choose().kernels(), CONTEXT_LENGTH, fast -> fast)) {
      return run.append(golden.ids());
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void publishedFolder_givesTheProbabilitiesOfTheGgufFile(Golden golden) throws IOException {
    double[][] found = run(published(golden), golden);
    assertTrue(
        golden.largestDelta(found) <= (golden.hasGelu() ? 5e-3 : 2e-3), golden.compared(found));
    double[][] ofGguf = run(folder.resolve("model.gguf"), golden);
    for (int i = 0; i < found.length; i++) {
      for (int id = 0; id < found[i].length; id++) {
        assertEquals(ofGguf[i][id], found[i][id], 1e-4, golden + " " + i + " " + id);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny-llama-biases, mistral",
    "tiny-llama-biases, internlm",
    "tiny-llama, internlm3",
    "tiny-llama, skywork",
    "tiny-deepseek3, kimi_k2",
    "tiny-granitemoe, granitemoe"
  })
  void kindOfModelThatIsAsAnother_givesTheSame(String shape, String type) throws IOException {
    Golden golden = golden(shape);
    Path published = published(golden);
    replace(published, "\"model_type\": ", "\"model_type\": \"" + type + "\", \"was\": ");
    double[][] found = run(published, golden);
    assertTrue(golden.largestDelta(found) <= 2e-3, golden.compared(found));
  }

  /// Embedding models are published without a head, and then without the prefix of the body.
  @Test
  void namesWithoutThePrefixOfTheBody_giveTheSame() throws IOException {
    Golden golden = golden("tiny-qwen3");
    Path published = published(golden);
    for (String name :
        List.of("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")) {
      Path file = published.resolve(name);
      String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
      int end = bytes.indexOf("}}") + 2;
      String header = bytes.substring(0, end).replace("\"model.", "\"");
      Files.writeString(
          file,
          header + " ".repeat(end - header.length()) + bytes.substring(end),
          StandardCharsets.ISO_8859_1);
    }
    double[][] found = run(published, golden);
    assertTrue(golden.largestDelta(found) <= 2e-3, golden.compared(found));
  }

  /// Qwen 3.5 is published with a half that sees images, whose tensors no text needs.
  @Test
  void textHalfOfAModelThatSees_givesTheSame() throws IOException {
    Golden golden = golden("tiny-qwen35");
    Path published = published(golden);
    Path config = published.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, "{\"model_type\": \"qwen3_5\", \"text_config\": " + text + "}");
    for (String name :
        List.of("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")) {
      Path file = published.resolve(name);
      String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
      int end = bytes.indexOf("}}") + 2;
      String header = bytes.substring(8, end).replace("\"model.", "\"model.language_model.");
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      length.putLong(header.length());
      Files.writeString(
          file,
          new String(length.array(), StandardCharsets.ISO_8859_1) + header + bytes.substring(end),
          StandardCharsets.ISO_8859_1);
    }
    double[][] found = run(published, golden);
    assertTrue(golden.largestDelta(found) <= 2e-3, golden.compared(found));
  }

  @Test
  void dynamicRopeOfInternLm_isPlainWithinTheContext() throws IOException {
    Golden golden = golden("tiny-llama");
    Path published = published(golden);
    replace(
        published,
        "\"model_type\": \"llama\"",
        "\"model_type\": \"internlm3\", \"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 6}");
    double[][] found = run(published, golden);
    assertTrue(golden.largestDelta(found) <= 2e-3, golden.compared(found));
  }

  @Test
  void headOfBaichuan2_hasRowsOfLengthOne() throws IOException {
    Path published = published(golden("tiny-baichuan-7b"));
    replace(published, "\"vocab_size\": 320", "\"vocab_size\": 125696");
    try (HuggingFaceFolder folder = HuggingFaceFolder.open(published)) {
      TensorInfo head = folder.tensor("output.weight").orElseThrow();
      float[] values = folder.data(head).toArray(ValueLayout.JAVA_FLOAT);
      for (int row = 0; row < head.rows(); row++) {
        double squares = 0;
        for (int i = row * head.cols(); i < (row + 1) * head.cols(); i++) {
          squares += values[i] * values[i];
        }
        assertEquals(1, squares, 1e-5);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"model_type\": \"llama\" | \"model_type\": \"mamba\" | model_type",
        "\"hidden_act\": \"silu\" | \"hidden_act\": \"relu\" | hidden_act",
        "\"hidden_size\": 256 | \"hidden_size\": \"wide\" | hidden_size",
        "\"hidden_size\": 256 | \"hidden_sise\": 256 | hidden_size",
        "\"rope_theta\": 7777.0 | \"rope_scaling\": {\"type\": \"dynamic\"} | rope_scaling.rope_type",
        "\"rope_theta\": 7777.0 | \"quantization_config\": {\"quant_method\": \"gptq\"} | quant_method",
      })
  void configThatCannotBeRead_isNamedByKeyAndValue(String here, String there, String key)
      throws IOException {
    Golden golden = goldens().findFirst().orElseThrow();
    Path published = published(golden);
    replace(published, here, there);
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(published).close());
    assertTrue(e.getMessage().contains(key), e.getMessage());
    assertTrue(e.getMessage().startsWith("config: "), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tiny-hunyuan | \"alpha\" | \"beta\" | rope_scaling.alpha",
        "tiny-hunyuan-moe | \"moe_topk\": [2, 2] | \"moe_topk\": [2, 1] | moe_topk",
        "tiny-hunyuan-moe | \"num_shared_expert\": [1, 1] | \"num_shared_expert\": 99999 | num_shared_expert",
        "tiny-deepseek2 | \"qk_nope_head_dim\": 32 | \"qk_nope_head_dim\": 99999999 | qk_nope_head_dim",
        "tiny-deepseek | \"moe_layer_freq\": 1 | \"moe_layer_freq\": 2 | moe_layer_freq",
        "tiny-deepseek2 | \"mscale\": 0.707 | \"mscale\": 1.0 | rope_scaling.mscale",
        "tiny-deepseek2 | \"mscale_all_dim\" | \"mscale_no_dim\" | rope_scaling.mscale_all_dim",
        "tiny-deepseek3 | \"sigmoid\" | \"tanh\" | scoring_func",
        "tiny-deepseek3 | \"noaux_tc\" | \"random\" | topk_method",
        "tiny-minicpm3 | \"scale_emb\": 12 | \"scale_emb\": 11 | scale_emb",
        "tiny-falcon | \"alibi\": false | \"alibi\": true | alibi",
        "tiny-falcon | \"parallel_attn\": true | \"parallel_attn\": false | parallel_attn",
        "tiny-chatglm1 | \"position_encoding_2d\": true | \"position_encoding_2d\": false | position_encoding_2d",
        "tiny-chatglm1 | \"num_layers\" | \"pre_seq_len\": 128, \"num_layers\" | pre_seq_len",
        "tiny-chatglm1 | \"num_layers\" | \"quantization_bit\": 4, \"num_layers\" | quantization_bit",
        "tiny-gpt-oss | \"swiglu_limit\": 7.0 | \"swiglu_limit\": 5.0 | swiglu_limit",
        "tiny-falcon | \"activation\": \"gelu\" | \"activation\": \"relu\" | activation",
        "tiny-gpt2 | \"gelu_new\" | \"relu\" | activation_function",
        "tiny-codeshell | \"vocab_size\" | \"position_embedding_type\": \"learned_absolute\", \"vocab_size\" | position_embedding_type",
        "tiny-qwen3moe | \"norm_topk_prob\": true | \"norm_topk_prob\": false | norm_topk_prob",
        "tiny-qwen2moe | \"vocab_size\" | \"norm_topk_prob\": true, \"vocab_size\" | norm_topk_prob",
        "tiny-qwen2moe | \"vocab_size\" | \"mlp_only_layers\": [1], \"vocab_size\" | mlp_only_layers",
        "tiny-gemma3 | \"sliding_window_pattern\": 6 | \"sliding_window_pattern\": 5 | sliding_window_pattern",
        "tiny-cohere2 | \"vocab_size\" | \"layer_types\": [\"full_attention\"], \"vocab_size\" | layer_types",
        "tiny-smollm3 | \"vocab_size\" | \"no_rope_layers\": [1, 0], \"vocab_size\" | no_rope_layers",
        "tiny-gpt-oss | \"full_attention\" | \"sliding_attention\" | layer_types",
        "tiny-qwen35 | \"attn_output_gate\": true | \"attn_output_gate\": false | attn_output_gate",
        "tiny-qwen35moe | \"full_attention\" | \"sliding_attention\" | layer_types",
        "tiny-qwen35moe | \"linear_attention\", \"full_attention\" | \"full_attention\" | layer_types",
        "tiny-qwen3next | \"vocab_size\" | \"norm_topk_prob\": false, \"vocab_size\" | norm_topk_prob",
      })
  void valueThatWouldChangeTheResult_isRefusedByName(
      String shape, String here, String there, String key) throws IOException {
    Path published = published(golden(shape));
    replace(published, here, there);
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(published).close());
    assertTrue(e.getMessage().startsWith("config: " + key + " of "), e.getMessage());
  }

  @Test
  void indexThatLeadsOutOfTheFolder_isRefused() throws IOException {
    Path folder = published(goldens().findFirst().orElseThrow());
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"../model.gguf\"}}");
    assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(folder));
  }

  @Test
  void folderWithoutSafetensors_isRefusedWithWhatIsMissing() throws IOException {
    Path published = published(goldens().findFirst().orElseThrow());
    for (String file :
        List.of(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json")) {
      Files.delete(published.resolve(file));
    }
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(published));
    assertTrue(e.getMessage().contains(".safetensors"), e.getMessage());
  }
}
