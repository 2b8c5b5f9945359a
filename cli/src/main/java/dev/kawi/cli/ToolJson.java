package dev.kawi.cli;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.kawi.chat.Tool;
import dev.kawi.chat.ToolCall;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Tools and calls in the form of OpenAI's API.
final class ToolJson {
  private static final String EXPECTED =
      "an array of {\"type\": \"function\", \"function\": {\"name\": ..., \"description\": ...,"
          + " \"parameters\": a JSON schema}}";

  private ToolJson() {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Definition(@Nullable Function function) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Function(
      @Nullable String name,
      @Nullable String description,
      @Nullable Map<String, @Nullable Object> parameters) {}

  /// The tools in a file.
  static List<Tool> tools(Path file) throws IOException {
    List<Tool> tools = new ArrayList<>();
    for (Definition definition : Json.read(file, Definition[].class, EXPECTED)) {
      Function function = definition == null ? null : definition.function();
      if (function == null || function.name() == null || function.name().isBlank()) {
        throw new CommandFailure(file + " must hold " + EXPECTED);
      }
      tools.add(
          new Tool(
              function.name(),
              Objects.requireNonNullElse(function.description(), ""),
              Objects.requireNonNullElse(function.parameters(), Map.of("type", "object"))));
    }
    return tools;
  }

  /// Calls as scripts read them.
  static List<Map<String, Object>> calls(List<ToolCall> calls) {
    return calls.stream().map(ToolJson::fields).toList();
  }

  private static Map<String, Object> fields(ToolCall call) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", call.name());
    function.put("arguments", Json.line(call.arguments()));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", call.id());
    fields.put("type", "function");
    fields.put("function", function);
    return fields;
  }

  /// A call for people to read.
  static String line(ToolCall call) {
    return "call: " + call.name() + " " + Json.line(call.arguments());
  }
}
