package dev.kawi.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a template takes the tool calls of earlier turns.
///
/// @param arguments whether as an object or as JSON text
/// @param silence what the content of a message is that has none beside its calls
record CallStyle(Arguments arguments, Silence silence) {
  /// All styles, the most common first.
  static final List<CallStyle> ALL =
      List.of(
          new CallStyle(Arguments.OBJECT, Silence.EMPTY),
          new CallStyle(Arguments.OBJECT, Silence.NONE),
          new CallStyle(Arguments.JSON_TEXT, Silence.EMPTY),
          new CallStyle(Arguments.JSON_TEXT, Silence.NONE));

  /// How arguments are passed.
  enum Arguments {
    /// As an object.
    OBJECT,
    /// As JSON text.
    JSON_TEXT
  }

  /// What no content is.
  enum Silence {
    /// The empty string.
    EMPTY,
    /// None.
    NONE
  }

  @Nullable Object content(String content) {
    return content.isEmpty() && silence == Silence.NONE ? null : content;
  }

  Map<String, @Nullable Object> variables(ToolCall call) {
    Map<String, @Nullable Object> function = new LinkedHashMap<>();
    function.put("name", call.name());
    function.put(
        "arguments",
        arguments == Arguments.OBJECT ? call.arguments() : JsonText.write(call.arguments()));
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("id", call.id());
    map.put("type", "function");
    map.put("function", function);
    return map;
  }
}
