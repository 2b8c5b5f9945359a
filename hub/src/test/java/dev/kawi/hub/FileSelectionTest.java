package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileSelectionTest {
  private static final List<String> GGUF =
      List.of(
          "README.md",
          "mmproj-F16.gguf",
          "qwen-q2_k.gguf",
          "qwen-q4_0.gguf",
          "qwen-q4_k_m.gguf",
          "qwen-q8_0-00001-of-00002.gguf",
          "qwen-q8_0-00002-of-00002.gguf",
          "BF16/qwen.gguf");

  private static final List<String> FOLDER =
      List.of(
          ".gitattributes",
          "README.md",
          "config.json",
          "generation_config.json",
          "model-00001-of-00002.safetensors",
          "model-00002-of-00002.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "onnx/model.onnx",
          "tokenizer.json",
          "tokenizer.model",
          "training_args.bin");

  private static List<String> chosen(String reference, List<String> paths) throws HubException {
    return FileSelection.of(ModelReference.parse(reference), paths);
  }

  @Test
  void quantization_isFoundInAnyCaseAndWholeWords() throws HubException {
    assertEquals(List.of("qwen-q4_k_m.gguf"), chosen("a/b:Q4_K_M", GGUF));
    assertEquals(List.of("qwen-q4_0.gguf"), chosen("a/b:q4_0", GGUF));
    assertEquals(List.of("BF16/qwen.gguf"), chosen("a/b:BF16", GGUF));
    HubException e = assertThrows(HubException.class, () -> chosen("a/b:Q4", GGUF));
    assertTrue(e.getMessage().contains("no GGUF file of Q4; it has "), e.getMessage());
  }

  @Test
  void splitFile_comesWithAllItsParts() throws HubException {
    List<String> parts = List.of("qwen-q8_0-00001-of-00002.gguf", "qwen-q8_0-00002-of-00002.gguf");
    assertEquals(parts, chosen("a/b:Q8_0", GGUF));
    assertEquals(parts, chosen("a/b/qwen-q8_0-00002-of-00002.gguf", GGUF));
  }

  @Test
  void withoutQuantization_theUsualBalanceIsTaken() throws HubException {
    assertEquals(List.of("qwen-q4_k_m.gguf"), chosen("a/b", GGUF));
    assertEquals(List.of("only.gguf"), chosen("a/b", List.of("only.gguf", "README.md")));
  }

  @ParameterizedTest
  @CsvSource({
    "x-Q8_0.gguf x-IQ1_S.gguf x-Q6_K.gguf, x-Q6_K.gguf",
    "x-Q2_K.gguf x-Q4_K_S.gguf x-Q5_K_M.gguf, x-Q4_K_S.gguf",
    "x-Q2_K.gguf x-Q8_0.gguf, x-Q2_K.gguf",
    "x-F16.gguf x-Q3_K_M.gguf x-Q5_K_M.gguf, x-Q5_K_M.gguf",
    "x-BF16.gguf x-UD-Q4_K_XL.gguf, x-UD-Q4_K_XL.gguf",
    "x-MXFP4.gguf x-F16.gguf, x-MXFP4.gguf",
  })
  void withoutTheUsualBalance_theNearestIsTaken(String there, String taken) throws HubException {
    assertEquals(List.of(taken), chosen("a/b", List.of(there.split(" ", -1))));
  }

  @Test
  void publishersFolder_isWeightsConfigurationAndTokenizer() throws HubException {
    assertEquals(
        List.of(
            "README.md",
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer.model",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json"),
        chosen("a/b", FOLDER));
  }

  @Test
  void encodersFolder_comesWithPoolingMapsAndPrompts() throws HubException {
    List<String> modules =
        List.of(
            "config.json",
            "config_sentence_transformers.json",
            "modules.json",
            "1_Pooling/config.json",
            "2_Dense/config.json",
            "2_Dense/model.safetensors",
            "model.safetensors");
    List<String> all = new ArrayList<>(modules);
    all.add("onnx/model.safetensors");
    assertEquals(modules, chosen("a/b", all));
  }

  @Test
  void pytorchFiles_areTakenOnlyWhereThereIsNothingSafer() throws HubException {
    assertEquals(
        List.of("config.json", "pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"),
        chosen(
            "a/b",
            List.of(
                "config.json",
                "pytorch_model-00001-of-00001.bin",
                "pytorch_model.bin.index.json")));
  }

  @Test
  void fileThatIsNotThere_isNamedTogetherWithWhatIs() {
    HubException e = assertThrows(HubException.class, () -> chosen("a/b/x.gguf", GGUF));
    assertTrue(e.getMessage().startsWith("a/b has no file x.gguf; it has README.md"));
    assertThrows(HubException.class, () -> chosen("a/b", List.of("README.md")));
  }
}
