package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.kawi.chat.ReasoningTags.Rounds;
import dev.kawi.gguf.Metadata;
import dev.kawi.token.Tokenizers;
import dev.kawi.token.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReasoningTagsTest {
  private static Vocabulary vocabulary(String... tokens) {
    int[] types = new int[tokens.length];
    Arrays.fill(types, 3);
    return Tokenizers.from(
            new Metadata(
                Map.of(
                    "tokenizer.ggml.model",
                    "gpt2",
                    "tokenizer.ggml.tokens",
                    List.of(tokens),
                    "tokenizer.ggml.merges",
                    List.of("a b"),
                    "tokenizer.ggml.token_type",
                    types)))
        .vocabulary();
  }

  private static String family(String template, String... tokens) {
    return ReasoningTags.find(template, vocabulary(tokens)).name();
  }

  @ParameterizedTest
  @CsvSource({
    "think, '{{ content.split(''</think>'')[-1] }}'",
    "think, '{{ messages[0].content }}'",
    "harmony, '<|start|>assistant<|channel|>final<|message|>'",
    "command, '<|START_THINKING|>{{ plan }}<|END_THINKING|><|START_ACTION|>'",
    "magistral, '[THINK]{{ t }}[/THINK]'",
    "seed-oss, '{% set a = ''<seed:think>'' %}{% set b = ''</seed:think>'' %}'",
    "apertus, '<|inner_prefix|>{{ t }}<|inner_suffix|>'",
    "gemma4, '<|channel>thought\n<channel|>'",
    "granite-3.3, 'thoughts between <think></think> and response between <response></response>'",
    "granite-3.2, 'after ''Here is my thought process:'' and ''Here is my response:'''",
    "hunyuan, '<think>\n\n</think>\n<answer>'",
  })
  void family_isKnownByItsTemplate(String family, String template) {
    assertEquals(family, family(template, "a"));
  }

  @Test
  void family_isKnownByItsTokens_whenTheTemplateSaysNothing() {
    assertEquals("magistral", family("[INST]", "[THINK]", "[/THINK]"));
    assertEquals(
        "harmony",
        family("", "<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|constrain|>"));
    assertEquals("pangu", family("", "[unused9]", "[unused10]", "[unused16]", "[unused17]"));
    assertEquals("hunyuan", family("", "<｜hy_User｜>", "<｜hy_Assistant｜>"));
  }

  @Test
  void controlTokensOfMarkers_areThoseOfTheVocabulary() {
    ReasoningTags gptOss =
        ReasoningTags.find("<|start|><|channel|><|message|>", vocabulary("<|channel|>", "<|end|>"));
    assertEquals(List.of("<|channel|>", "<|end|>"), gptOss.controls());
    assertEquals(
        List.of(), ReasoningTags.find("[THINK][/THINK]", vocabulary("[THINK]")).controls());
  }

  @Test
  void template_countsMoreThanTokens() {
    assertEquals("seed-oss", family("<seed:think></seed:think>", "[THINK]", "[/THINK]"));
  }

  @ParameterizedTest
  @CsvSource({
    "Qwen-Qwen3-0.6B, think",
    "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B, think",
    "meta-llama-Llama-3.2-3B-Instruct, think",
    "CohereForAI-c4ai-command-r-plus-tool_use, think",
  })
  @Tag("data")
  void publishedTemplates_haveTheirFamily(String name, String family) throws IOException {
    Path templates = Path.of(System.getProperty("kawi.data"), "templates");
    assertEquals(family, family(Files.readString(templates.resolve(name + ".jinja")), "a"));
  }

  @Test
  @Tag("data")
  void qwen3WithoutThinking_opensAndEndsTheThoughtInThePrompt() throws IOException {
    Path file = Path.of(System.getProperty("kawi.data"), "templates/Qwen-Qwen3-0.6B.jinja");
    ChatRequest request = ChatRequest.of(Message.user("Hello")).with(ChatRequest.Thinking.OFF);
    Rendered prompt =
        ChatTemplate.parse(Files.readString(file))
            .render(
                request.messages(),
                List.of(),
                RenderOptions.of("", "<|im_end|>").with(request.variables()));
    assertEquals("<think>\n\n</think>\n\n", prompt.text().substring(prompt.text().length() - 19));
  }

  private static ReasoningTags tags(String begin, String end) {
    return new ReasoningTags(
        "x", List.of(begin), List.of(end), List.of(), List.of(), List.of(), Rounds.ONE, List.of());
  }

  @Test
  void markersOfWhichOneBeginsWithAnother_areRefused() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> tags("<t", "<th"));
    assertEquals(
        "reasoning tags: of x's markers none may begin with another, found \"<t\" and \"<th\"",
        e.getMessage());
  }

  @Test
  void markerThatBeginsWithWhiteSpace_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> tags(" <t>", "e"));
  }
}
