package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ChatReply;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.chat.Tool;
import dev.kawi.chat.ToolCall;
import dev.kawi.chat.ToolChoice;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model of random weights, which writes nonsense, calls tools in form when it has to.
class RequiredToolCallTest {
  private static final List<Tool> TOOLS =
      List.of(tool("get_weather", "Paris", "Rome"), tool("set_light", "on", "off"));

  @TempDir private Path folder;
  private Model model;

  private static Tool tool(String name, String... values) {
    return new Tool(
        name,
        "does something",
        Map.of(
            "type",
            "object",
            "properties",
            Map.of("value", Map.of("enum", List.of(values))),
            "required",
            List.of("value")));
  }

  @BeforeEach
  void load() throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(file);
    model = Model.load(file, EngineOptions.defaults().withThreads(1).withContextLength(2048));
  }

  @AfterEach
  void close() {
    model.close();
  }

  private List<ToolCall> calls(ToolChoice choice) {
    ChatReply reply =
        model.chat(
            ChatRequest.of(Message.user("What is the weather?"))
                .with(TOOLS)
                .with(choice)
                .with(GenerationOptions.greedy().withMaxTokens(200)),
            event -> {});
    return reply.message().toolCalls();
  }

  @Test
  void requiredCall_isOneOfTheToolsWithArgumentsOfItsSchema() {
    List<ToolCall> calls = calls(ToolChoice.REQUIRED);
    assertFalse(calls.isEmpty());
    for (ToolCall call : calls) {
      assertTrue(
          List.of("get_weather", "set_light").contains(call.name()), "a call of " + call.name());
      assertTrue(
          call.arguments().toString().matches(".*(Paris|Rome|on|off).*"),
          call.arguments().toString());
    }
  }

  @Test
  void namedTool_isTheOneThatIsCalled() {
    List<ToolCall> calls = calls(new ToolChoice.Named("set_light"));
    assertFalse(calls.isEmpty());
    calls.forEach(call -> assertEquals("set_light", call.name()));
  }
}
