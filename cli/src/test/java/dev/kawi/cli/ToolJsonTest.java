package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.Tool;
import dev.kawi.chat.ToolCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolJsonTest {
  @TempDir private Path folder;

  private Path file(String json) throws IOException {
    return Files.writeString(folder.resolve("tools.json"), json);
  }

  @Test
  void definitionsOfOpenAi_areTools() throws IOException {
    String json =
        """
        [{"type": "function", "function": {"name": "ping", "description": "Pings.", "strict": true,
          "parameters": {"type": "object", "properties": {"host": {"type": "string"}}}}},
         {"type": "function", "function": {"name": "now"}}]\
        """;
    assertEquals(
        List.of(
            new Tool(
                "ping",
                "Pings.",
                Map.of("type", "object", "properties", Map.of("host", Map.of("type", "string")))),
            new Tool("now", "", Map.of("type", "object"))),
        ToolJson.tools(file(json)));
  }

  @Test
  void fileWithoutTools_isRefusedWithTheForm() throws IOException {
    for (String json : List.of("{}", "[{\"name\": \"ping\"}]", "[null]")) {
      Path file = file(json);
      CommandFailure e = assertThrows(CommandFailure.class, () -> ToolJson.tools(file));
      assertTrue(String.valueOf(e.getMessage()).contains("\"function\""), e.getMessage());
    }
  }

  @Test
  void calls_haveTheirArgumentsAsText() {
    assertEquals(
        List.of(
            Map.of(
                "id", "c1",
                "type", "function",
                "function", Map.of("name", "ping", "arguments", "{\"host\":\"a\"}"))),
        ToolJson.calls(List.of(new ToolCall("c1", "ping", Map.of("host", "a")))));
  }
}
