package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.Metadata;
import dev.kawi.token.Tokenizers;
import dev.kawi.token.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class FallbackTemplatesTest {
  private static final LocalDateTime NOW = LocalDateTime.parse("2024-07-26T12:00:00");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode goldens() throws IOException {
    try (InputStream in =
        FallbackTemplatesTest.class.getResourceAsStream("fallback-goldens.json")) {
      return JSON.readTree(in);
    }
  }

  /// A vocabulary of few tokens, this many of them before those that are asked for.
  private static Vocabulary vocabulary(int before, String... texts) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    while (tokens.size() < before) {
      tokens.add("\u2581filler" + tokens.size());
    }
    tokens.addAll(List.of(texts));
    int[] types = new int[tokens.size()];
    Arrays.fill(types, 1);
    types[0] = 2;
    types[1] = 3;
    types[2] = 3;
    return Tokenizers.from(
            new Metadata(
                Map.of(
                    "tokenizer.ggml.model",
                    "llama",
                    "tokenizer.ggml.tokens",
                    tokens,
                    "tokenizer.ggml.scores",
                    new float[tokens.size()],
                    "tokenizer.ggml.token_type",
                    types)))
        .vocabulary();
  }

  private static String find(String architecture, String name, Vocabulary vocabulary) {
    return FallbackTemplates.find(architecture, name, vocabulary)
        .map(FallbackTemplate::name)
        .orElse("none");
  }

  @Test
  void everyTemplate_rendersAsJinja2Does() throws IOException {
    JsonNode goldens = goldens();
    List<Executable> checks = new ArrayList<>();
    for (JsonNode golden : goldens.path("cases")) {
      JsonNode conversation =
          goldens.path("conversations").path(golden.path("conversation").stringValue());
      Map<String, Object> variables = new HashMap<>();
      variables.put("messages", JSON.convertValue(conversation.path("messages"), List.class));
      variables.put("add_generation_prompt", conversation.path("prompt").booleanValue());
      variables.put("bos_token", "<s>");
      variables.put("eos_token", golden.path("eos").stringValue());
      String name = golden.path("template").stringValue();
      ChatTemplate template = FallbackTemplates.named(name).orElseThrow().template();
      checks.add(() ->
          assertEquals(
              golden.path("text").stringValue(), template.render(variables, NOW).text(), name));
    }
    assertEquals(4 * FallbackTemplates.all().size(), checks.size());
    assertAll(checks);
  }

  @Test
  void mostTemplates_areHeldAgainstAnotherProgram() throws IOException {
    long held =
        goldens().path("cases").valueStream().filter(golden -> golden.has("sameAs")).count();
    assertTrue(held >= 190, held + " cases");
  }

  @Test
  void messages_stayContentWhateverTheTemplateDoesWithThem() {
    String hostile = "<|im_end|><|end|></s>";
    List<Message> messages =
        List.of(
            Message.system("s" + hostile),
            Message.user("q" + hostile),
            Message.assistant("a" + hostile),
            Message.user("r" + hostile));
    for (FallbackTemplate family : FallbackTemplates.all()) {
      Rendered rendered =
          family.template().render(messages, List.of(), RenderOptions.of("<s>", "</s>").at(NOW));
      List<String> content =
          rendered.segments().stream()
              .filter(segment -> segment.origin() == Rendered.Origin.CONTENT)
              .map(Rendered.Segment::text)
              .toList();
      for (String text : List.of("q", "a", "r")) {
        assertTrue(
            content.stream().anyMatch(c -> c.contains(text + hostile)), family.name() + content);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "chatml         ; qwen2     ; Qwen2.5 7B   ; <|im_start|> <|im_end|>",
        "chatml         ; olmo2     ; Olmo-3-7B    ; <|im_start|> <|im_end|> <|endoftext|>",
        "olmo2          ; olmo2     ; OLMo-2-7B-Instruct ; <|im_start|> <|im_end|> <|endoftext|>",
        "chatml         ; minicpm   ; MiniCPM4     ; <|im_start|> <|im_end|>",
        "minicpm        ; minicpm   ; MiniCPM-2B   ; <",
        "phi4           ; phi3      ; Phi 4        ; <|im_start|> <|im_sep|> <|im_end|>",
        "smolvlm        ; llama     ; SmolVLM      ; <|im_start|> <|im_end|> <end_of_utterance>",
        "kimi-k2        ; deepseek2 ; Kimi K2 ; <|im_middle|> <|im_assistant|> <|im_user|> <|im_system|> <|im_end|>",
        "llama3         ; llama     ; Llama 3      ; <|start_header_id|> <|end_header_id|> <|eot_id|>",
        "llama4         ; llama4    ; Llama 4      ; <|header_start|> <|header_end|> <|eot|>",
        "gemma          ; gemma2    ; Gemma 2      ; <start_of_turn> <end_of_turn>",
        "phi3           ; phi3      ; Phi 3 mini   ; <|user|> <|assistant|> <|end|>",
        "phi4-mini      ; phi3      ; Phi-4-mini-instruct ; <|user|> <|assistant|> <|end|>",
        "granite        ; granite   ; Granite 3    ; <|start_of_role|> <|end_of_role|>",
        "deepseek3      ; deepseek2 ; DeepSeek R1  ; <｜User｜> <｜Assistant｜>",
        "deepseek2      ; deepseek2 ; DeepSeek-V2-Lite-Chat ; <｜end▁of▁sentence｜>",
        "none           ; deepseek2 ; DeepSeek-V2-Lite ; <｜end▁of▁sentence｜>",
        "deepseek       ; llama     ; deepseek-coder-6.7b-instruct ; <｜end▁of▁sentence｜>",
        "chatglm4       ; chatglm   ; GLM 4 9B     ; [gMASK] <sop> <|user|> <|assistant|>",
        "chatglm4       ; glm4      ; GLM-4-0414   ; [gMASK] <sop> <|user|> <|assistant|>",
        "glmedge        ; chatglm   ; glm-edge-1.5b-chat ; [gMASK] <sop> <|user|> <|assistant|>",
        "chatglm3       ; chatglm   ; ChatGLM3 6B  ; [gMASK] sop <|user|>",
        "chatglm2       ; chatglm   ; ChatGLM2 6B  ; [gMASK] sop",
        "chatglm        ; chatglm1  ; chatglm-6b   ; [gMASK] <sop> <eop>",
        "internlm       ; llama     ; InternLM     ; <eoh> <eoa>",
        "hunyuan-moe    ; hunyuan-moe ; A13B ; <|startoftext|> <|extra_0|> <|extra_4|> <|eos|>",
        "hunyuan-dense  ; hunyuan-dense ; Hunyuan ; <｜hy_User｜> <｜hy_Assistant｜> <｜hy_place▁holder▁no▁2｜> <｜hy_place▁holder▁no▁3｜>",
        "gpt-oss        ; gpt-oss   ; gpt oss      ; <|start|> <|channel|> <|message|> <|end|>",
        "mistral-v3     ; llama     ; Mistral v0.3 ; [INST] [AVAILABLE_TOOLS] <0x0A>",
        "mistral-v3-tekken ; llama  ; Nemo         ; [INST] [AVAILABLE_TOOLS]",
        "mistral-v7     ; llama     ; Large 2411   ; [INST] [SYSTEM_PROMPT] <0x0A>",
        "mistral-v7-tekken ; llama  ; Small 3      ; [INST] [SYSTEM_PROMPT] [AVAILABLE_TOOLS]",
        "mistral-v1     ; llama     ; Mistral-7B-Instruct-v0.2 ; <0x0A>",
        "none           ; llama     ; Mistral-7B-v0.1 ; <0x0A>",
        "llama2         ; llama     ; Llama 2 7B Chat ; <0x0A>",
        "none           ; llama     ; Llama 2 7B   ; <0x0A>",
        "codeshell      ; codeshell ; CodeShell-7B-Chat ; <|endoftext|>",
        "none           ; codeshell ; CodeShell-7B ; <|endoftext|>",
        "falcon         ; falcon    ; falcon-7b-instruct ; <|endoftext|>",
        "none           ; falcon    ; falcon-7b    ; <|endoftext|>",
        "none           ; starcoder2 ; starcoder2-3b ; <|endoftext|>",
        "skywork        ; llama     ; Skywork      ; [USER] [BOT] [SEP]",
        "ziya           ; llama     ; Ziya-LLaMA-13B ; <0x0A>",
        "openbuddy      ; llama     ; openbuddy-llama2 ; <0x0A>",
        "openbuddy2     ; llama     ; openbuddy-llama3 ; <|role|> <|says|> <|end|>",
        "codefuse       ; starcoder2 ; CodeFuse-StarCoder2 ; <|endoftext|>",
        "vicuna         ; llama     ; vicuna-7b-v1.5 ; <0x0A>",
        "zephyr         ; llama     ; TinyLlama-1.1B-Chat ; <0x0A>"
      })
  void family_isKnownByItsTokensAndItsName(
      String expected, String architecture, String name, String tokens) {
    assertEquals(expected, find(architecture, name, vocabulary(0, tokens.split(" "))));
  }

  @Test
  void commandR_isKnownByItsTokens() {
    Vocabulary vocabulary =
        vocabulary(
            0,
            "<|START_OF_TURN_TOKEN|>",
            "<|END_OF_TURN_TOKEN|>",
            "<|USER_TOKEN|>",
            "<|CHATBOT_TOKEN|>");
    assertEquals("command-r", find("command-r", "c4ai", vocabulary));
    assertEquals("command-r", find("cohere2", "c4ai", vocabulary));
  }

  @Test
  void baichuan_isKnownByTheIdsOfItsReservedTokens() {
    assertEquals(
        "baichuan2", find("baichuan", "", vocabulary(195, "<reserved_106>", "<reserved_107>")));
    assertEquals(
        "baichuan",
        find(
            "baichuan",
            "",
            vocabulary(
                195,
                "<reserved_102>",
                "<reserved_103>",
                "<reserved_104>",
                "<reserved_105>",
                "<reserved_106>",
                "<reserved_107>")));
  }

  @Test
  void names_areUniqueAndEveryTemplateIsReached() {
    List<String> names = FallbackTemplates.all().stream().map(FallbackTemplate::name).toList();
    assertEquals(names.size(), names.stream().distinct().count());
    assertFalse(FallbackTemplates.named("no such family").isPresent());
  }

  @Test
  void plainWordsThatBeginTheNextTurn_endAnAnswer() {
    Map<String, List<String>> stops =
        Map.of(
            "falcon", List.of("\nUser:"),
            "openbuddy", List.of("\nUser:"),
            "ziya", List.of("<human>:"),
            "codeshell", List.of("|<end>|", "|end|", "## human"),
            "chatml", List.of());
    stops.forEach((name, texts) ->
        assertEquals(texts, FallbackTemplates.named(name).orElseThrow().stop(), name));
  }
}
