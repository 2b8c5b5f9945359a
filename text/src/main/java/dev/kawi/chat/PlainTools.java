package dev.kawi.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Writes tools, calls and results as plain text, for templates that know none of them: the tools
/// in the system message, in the words of Hermes's and Qwen's templates, calls between their tags,
/// and results as what the user says.
final class PlainTools {
  private PlainTools() {}

  /// The conversation without calls and results, with these tools in its system message.
  static List<Message> written(List<Message> messages, List<Tool> tools) {
    List<Message> all = new ArrayList<>();
    for (Message message : messages) {
      Message next = written(message);
      if (message instanceof Message.ToolResult
          && all.getLast() instanceof Message.User(String before)) {
        all.set(all.size() - 1, Message.user(before + "\n" + next.content()));
      } else {
        all.add(next);
      }
    }
    if (tools.isEmpty()) {
      return all;
    }
    if (all.getFirst() instanceof Message.SystemPrompt(String system)) {
      all.set(0, Message.system(system + "\n\n" + instruction(tools)));
    } else {
      all.addFirst(Message.system(instruction(tools)));
    }
    return all;
  }

  private static Message written(Message message) {
    return switch (message) {
      case Message.Assistant answer when !answer.toolCalls().isEmpty() -> {
        String calls =
            answer.toolCalls().stream().map(PlainTools::call).collect(Collectors.joining("\n"));
        String space = answer.content().isEmpty() ? "" : "\n";
        yield new Message.Assistant(
            answer.content() + space + calls, answer.reasoning(), List.of());
      }
      case Message.ToolResult result ->
          Message.user("<tool_response>\n" + result.content() + "\n</tool_response>");
      case Message.Assistant a -> a;
      case Message.SystemPrompt s -> s;
      case Message.User u -> u;
      case Message.Other o -> o;
    };
  }

  private static String call(ToolCall call) {
    return "<tool_call>\n{\"name\": %s, \"arguments\": %s}\n</tool_call>"
        .formatted(JsonText.write(call.name()), JsonText.write(call.arguments()));
  }

  private static String instruction(List<Tool> tools) {
    String described = tools.stream().map(PlainTools::described).collect(Collectors.joining("\n"));
    return """
    # Tools

    You may call one or more functions. Their signatures are within <tools></tools>:
    <tools>
    %s
    </tools>

    For each call write a JSON object with the function's name and arguments within \
    <tool_call></tool_call>, and nothing after it:
    <tool_call>
    {"name": <function name>, "arguments": <arguments as a JSON object>}
    </tool_call>\
    """
        .formatted(described);
  }

  private static String described(Tool tool) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("name", tool.name());
    map.put("description", tool.description());
    map.put("parameters", tool.parameters());
    return JsonText.write(map);
  }
}
