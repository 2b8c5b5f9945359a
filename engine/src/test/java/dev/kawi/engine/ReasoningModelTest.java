package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatReply;
import dev.kawi.chat.ChatReply.StopReason;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ChatRequest.Thinking;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.chat.Tool;
import dev.kawi.chat.ToolCall;
import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Thoughts and answers of models whose weights make them say given tokens: a GPT-2 that adds
/// nothing to its learnt positions, of which each points at the token to say there.
class ReasoningModelTest {
  private static final String CHATML =
      """
      {% for m in messages %}<|im_start|>{{ m.role }}
      {% if m.reasoning_content %}({{ m.reasoning_content }}){% endif %}{{ m.content }}<|im_end|>
      {% endfor %}<|im_start|>assistant
      """;
  private static final String OPENED =
      CHATML.stripTrailing()
          + "\n{{ '<think>\n' if enable_thinking else '<think>\n\n</think>\n' }}";
  private static final String TOOLS =
      "{% for t in tools or [] %}{{ t.function.name }} <tool_call> {% endfor %}" + CHATML;
  private static final String HARMONY =
      "<|start|>user<|message|>{{ messages[0].content }}<|end|><|start|>assistant{# <|channel|> #}";
  private static final List<String> CONTROLS =
      List.of(
          "<|start|>",
          "<|channel|>",
          "<|message|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "[THINK]",
          "[/THINK]");
  private static final String END = "<|im_end|>";
  private static final int USER_DEFINED = 4;
  private static final int CONTROL = 3;
  private static final int NORMAL = 1;

  @TempDir private Path folder;

  private static final ChatRequest QUESTION =
      ChatRequest.of(Message.user("Hi")).with(GenerationOptions.greedy().withMaxTokens(40));

  /// A model that answers this request with these tokens.
  private Model model(ChatRequest request, String template, String... script) throws IOException {
    int prompt;
    try (Model unread = load(0, template, script)) {
      prompt = unread.encodeChat(request).length;
    }
    return load(prompt - 1, template, script);
  }

  private Model load(int start, String template, String... script) throws IOException {
    Path random = folder.resolve("random.gguf");
    Path file = folder.resolve("scripted-" + start + ".gguf");
    new RandomModel(RandomShape.named("tiny-gpt2"), StorageType.F32, 3).write(random);
    try (GgufFile from = GgufFile.open(random)) {
      List<String> tokens = tokens(from.metadata(), script);
      GgufWriter writer = new GgufWriter(metadata(from.metadata(), tokens, template));
      for (TensorInfo tensor : from.tensors()) {
        float[] weights =
            weights(tensor, start, Arrays.stream(script).map(tokens::indexOf).toList());
        writer.add(tensor.name(), StorageType.F32, tensor.shape(), weights);
      }
      writer.write(file);
    }
    return Model.load(file, EngineOptions.defaults().withThreads(1));
  }

  private static List<String> tokens(Metadata metadata, String... script) {
    List<String> tokens = new ArrayList<>(metadata.strings("tokenizer.ggml.tokens").orElseThrow());
    int free = tokens.size();
    for (String word : script) {
      if (!tokens.contains(word)) {
        tokens.set(--free, word);
      }
    }
    return tokens;
  }

  private static Metadata metadata(Metadata from, List<String> tokens, String template) {
    int[] types = from.integers("tokenizer.ggml.token_type").orElseThrow();
    for (int id = 0; id < types.length; id++) {
      if (CONTROLS.contains(tokens.get(id))) {
        types[id] = CONTROL;
      } else if (types[id] != CONTROL) {
        types[id] = tokens.get(id).contains("think>") ? USER_DEFINED : NORMAL;
      }
    }
    return from.toBuilder()
        .strings("tokenizer.ggml.tokens", tokens)
        .i32s("tokenizer.ggml.token_type", types)
        .string("tokenizer.chat_template", template)
        .build();
  }

  private static float[] weights(TensorInfo tensor, int start, List<Integer> script) {
    float[] weights = new float[(int) tensor.elements()];
    for (int i = 0; i < script.size(); i++) {
      switch (tensor.name()) {
        case "position_embd.weight" -> weights[(start + i) * tensor.cols() + i] = 1;
        case "output.weight" -> weights[script.get(i) * tensor.cols() + i] = 10;
        default -> Arrays.fill(weights, tensor.name().endsWith("norm.weight") ? 1 : 0);
      }
    }
    return weights;
  }

  private record Heard(List<ChatEvent> events, ChatReply reply) {
    String thoughts() {
      return events.stream()
          .map(event -> event instanceof ChatEvent.Reasoning(String text) ? text : "")
          .collect(Collectors.joining("|"));
    }
  }

  private static Heard ask(Model model, ChatRequest request) {
    List<ChatEvent> events = new ArrayList<>();
    ChatReply reply = model.chat(request, events::add);
    assertEquals(
        reply.text(),
        events.stream()
            .map(event -> event instanceof ChatEvent.Text(String text) ? text : "")
            .collect(Collectors.joining()));
    return new Heard(events, reply);
  }

  @Test
  void thoughts_comeApartFromTheAnswer() throws IOException {
    try (Model model =
        model(
            QUESTION,
            CHATML,
            "<think>",
            "Ċ",
            "Two",
            "Ġand",
            "Ġtwo",
            "Ċ",
            "</think>",
            "Ċ",
            "Ċ",
            "Four",
            ".",
            END)) {
      Heard heard = ask(model, QUESTION);
      assertEquals("Four.", heard.reply().text());
      assertEquals("Two and two", heard.reply().reasoning());
      assertTrue(heard.thoughts().startsWith("Two| and| two"), heard.thoughts());
      assertEquals(StopReason.END_OF_TURN, heard.reply().why());
      assertEquals(11, heard.reply().usage().newTokens());
    }
  }

  @Test
  void markersThatAreControlTokens_areFoundAndNotShown() throws IOException {
    try (Model model =
        model(
            QUESTION,
            HARMONY,
            "<|channel|>",
            "analysis",
            "<|message|>",
            "Greet",
            "<|end|>",
            "<|start|>",
            "assistant",
            "<|channel|>",
            "final",
            "<|message|>",
            "Hello",
            "Ġthere",
            "<|return|>",
            "<|call|>")) {
      Heard heard = ask(model, QUESTION);
      assertEquals("Greet", heard.reply().reasoning());
      assertEquals("Hello there", heard.reply().text());
    }
    try (Model model = model(QUESTION, CHATML, "[THINK]", "Hm", "[/THINK]", "Yes", END)) {
      Heard heard = ask(model, QUESTION);
      assertEquals("Hm", heard.reply().reasoning());
      assertEquals("Yes", heard.reply().text());
    }
  }

  @Test
  void promptThatOpensTheThought_orEndsIt_asTheRequestSays() throws IOException {
    ChatRequest thinking = QUESTION.with(Thinking.ON);
    try (Model model = model(thinking, OPENED, "Hm", "Ċ", "</think>", "Ċ", "Yes", END)) {
      Heard heard = ask(model, thinking);
      assertEquals("Hm", heard.reply().reasoning());
      assertEquals("Yes", heard.reply().text());
    }
    ChatRequest atOnce = QUESTION.with(Thinking.OFF);
    try (Model model = model(atOnce, OPENED, "Yes", ".", END)) {
      Heard heard = ask(model, atOnce);
      assertEquals("", heard.reply().reasoning());
      assertEquals("Yes.", heard.reply().text());
    }
  }

  @Test
  void stopTextThatDidNotComeUp_losesNothingBeforeAMarker() throws IOException {
    ChatRequest request =
        QUESTION.with(GenerationOptions.greedy().withMaxTokens(40).withStop("Hmm", "Yes!"));
    try (Model model = model(request, CHATML, "[THINK]", "Hm", "[/THINK]", "Yes", END)) {
      Heard heard = ask(model, request);
      assertEquals("Hm", heard.reply().reasoning());
      assertEquals("Yes", heard.reply().text());
    }
  }

  @Test
  void answerCutOffWithinThoughts_hasNoText() throws IOException {
    ChatRequest request = QUESTION.with(GenerationOptions.greedy().withMaxTokens(3));
    try (Model model = model(request, CHATML, "<think>", "One", "Ġtwo", "Ġthree", END)) {
      Heard heard = ask(model, request);
      assertEquals("One two", heard.reply().reasoning());
      assertEquals("", heard.reply().text());
      assertEquals(StopReason.MAX_TOKENS, heard.reply().why());
    }
  }

  @Test
  void thoughtsOfEarlierAnswers_areTheTemplatesToKeep() throws IOException {
    try (Model model = model(QUESTION, CHATML, "<think>", "Hm", "</think>", "Yes", END)) {
      ChatReply reply = ask(model, QUESTION).reply();
      String next =
          model.chatFormat().render(QUESTION.then(reply.message(), Message.user("And?"))).text();
      assertTrue(next.contains("(Hm)Yes<|im_end|>"), next);
    }
  }

  @Test
  void toolCall_comesApartFromTheAnswer_andEndsTheTurn() throws IOException {
    ChatRequest request =
        QUESTION.with(
            List.of(new Tool("ping", "Pings.", Map.of("type", "object", "properties", Map.of()))));
    try (Model model =
        model(
            request,
            TOOLS,
            "<think>",
            "Hm",
            "</think>",
            "Wait",
            "<tool_call>",
            "{\"name\":",
            "\"ping\"}",
            "</tool_call>",
            END)) {
      Heard heard = ask(model, request);
      assertEquals("Hm", heard.reply().reasoning());
      assertEquals("Wait", heard.reply().text());
      assertEquals(StopReason.TOOL_CALLS, heard.reply().why());
      ToolCall call = heard.reply().message().toolCalls().getFirst();
      assertEquals(new ToolCall(call.id(), "ping", Map.of()), call);
      assertEquals(
          List.of(
              new ChatEvent.ToolCallStarted(call.id(), "ping"),
              new ChatEvent.ToolCallArguments(call.id(), "{}"),
              new ChatEvent.ToolCallCompleted(call),
              new ChatEvent.Done(heard.reply())),
          heard.events().subList(heard.events().size() - 4, heard.events().size()));
    }
  }

  @Test
  void thoughtsWithoutAnAnswer_areReportedAsSuch() throws IOException {
    try (Model model = model(QUESTION, CHATML, "<think>", "Hm", "</think>", END)) {
      assertTrue(ask(model, QUESTION).reply().isReasoningAlone());
    }
    try (Model model = model(QUESTION, CHATML, "<think>", "Hm", "</think>", "Yes", END)) {
      assertFalse(ask(model, QUESTION).reply().isReasoningAlone());
    }
  }
}
