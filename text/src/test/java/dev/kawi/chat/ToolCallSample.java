package dev.kawi.chat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a model of a family wrote, and what of it is thought, said and called. The outputs are
/// written as the families' templates write calls, and as the samples of llama.cpp's
/// `tests/test-chat.cpp` have them; `tool-call-samples.json` holds them.
record ToolCallSample(
    String format,
    String tags,
    String prompt,
    String output,
    String text,
    String reasoning,
    List<Call> calls) {

  /// A call without its id.
  record Call(String name, Map<String, @Nullable Object> arguments) {}

  static final List<Tool> TOOLS =
      List.of(
          tool("sky", "city", "string", "unit", "string", "days", "integer"),
          tool("add", "a", "number", "b", "number"),
          tool("put", "path", "string", "content", "string"),
          tool("ping"),
          new Tool(
              "search",
              "Searches.",
              Map.of(
                  "type",
                  "object",
                  "properties",
                  Map.of(
                      "query", Map.of("type", "string"),
                      "filters", Map.of("type", "object"),
                      "tags", Map.of("type", "array", "items", Map.of("type", "string")),
                      "exact", Map.of("type", "boolean"),
                      "limit", Map.of("type", List.of("integer", "null"))))));

  static Tool tool(String name, String... namesAndTypes) {
    Map<String, @Nullable Object> properties = new java.util.LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    for (int i = 0; i < namesAndTypes.length; i += 2) {
      properties.put(namesAndTypes[i], Map.of("type", namesAndTypes[i + 1]));
      required.add(namesAndTypes[i]);
    }
    return new Tool(
        name,
        "Does " + name + ".",
        Map.of("type", "object", "properties", properties, "required", required));
  }

  static List<ToolCallSample> all() {
    try (InputStream in = ToolCallSample.class.getResourceAsStream("tool-call-samples.json")) {
      JsonNode table = JsonMapper.shared().readTree(Objects.requireNonNull(in));
      return table.valueStream().map(ToolCallSample::of).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ToolCallSample of(JsonNode row) {
    return new ToolCallSample(
        row.path("format").stringValue(),
        row.path("tags").asString("think"),
        row.path("prompt").asString("assistant:"),
        row.path("output").stringValue(),
        row.path("text").asString(""),
        row.path("reasoning").asString(""),
        row.path("calls")
            .valueStream()
            .map(call ->
                new Call(
                    call.path("name").stringValue(),
                    JsonText.object(call.path("arguments").toString()).orElseThrow()))
            .toList());
  }

  private static final Map<String, ToolCallFormat> FORMATS =
      ToolCallFormat.all().stream()
          .collect(Collectors.toMap(ToolCallFormat::name, Function.identity()));

  /// The format of a family, as it is where no token of its markers is a control token.
  static ToolCallFormat format(String name) {
    return Objects.requireNonNull(FORMATS.get(name), name);
  }

  static ReasoningTags tags(String name) {
    return ReasoningTags.all().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  AnswerMarkers markers() {
    return AnswerMarkers.of(tags(tags), Optional.of(format(format)));
  }

  /// An answer that is taken apart, and what came of it.
  static final class Answer {
    final List<ChatEvent> events = new ArrayList<>();
    final AnswerParser parser;

    Answer(ToolCallFormat format, AnswerMarkers markers, String prompt, ToolCallDelivery delivery) {
      CallDetection calls =
          new CallDetection(
              format,
              CallContext.byName(TOOLS),
              new ToolCallIds(List.of(Message.user("Hi"))),
              delivery);
      parser =
          new AnswerParser(
              markers, Optional.of(calls), new Rendered(prompt, List.of(), List.of()), events::add);
    }

    Answer(ToolCallSample sample) {
      this(sample, sample.markers());
    }

    Answer(ToolCallSample sample, AnswerMarkers markers) {
      this(
          ToolCallSample.format(sample.format()), markers, sample.prompt(), ToolCallDelivery.WHOLE);
    }

    Answer take(String... pieces) {
      for (String piece : pieces) {
        parser.accept(piece);
      }
      return this;
    }

    List<Call> calls() {
      return parser.toolCalls().stream()
          .map(call -> new Call(call.name(), call.arguments()))
          .toList();
    }

    /// All that the events say, pieces put together.
    String told() {
      StringBuilder told = new StringBuilder();
      String last = "";
      for (ChatEvent event : events) {
        String kind = event.getClass().getSimpleName();
        told.append(kind.equals(last) ? "" : "\n" + kind + ": ");
        last = kind;
        switch (event) {
          case ChatEvent.Text(String text) -> told.append(text);
          case ChatEvent.Reasoning(String text) -> told.append(text);
          case ChatEvent.ToolCallStarted started -> told.append(started);
          case ChatEvent.ToolCallArguments(String id, String json) -> told.append(json);
          case ChatEvent.ToolCallCompleted(ToolCall call) -> told.append(call);
          case ChatEvent.Done d -> told.append(d);
        }
      }
      return told.toString();
    }

    String text() {
      return joined(ChatEvent.Text.class);
    }

    String reasoning() {
      return joined(ChatEvent.Reasoning.class);
    }

    private String joined(Class<? extends ChatEvent> kind) {
      return events.stream()
          .filter(kind::isInstance)
          .map(event ->
              switch (event) {
                case ChatEvent.Text(String text) -> text;
                case ChatEvent.Reasoning(String text) -> text;
                default -> "";
              })
          .collect(Collectors.joining());
    }
  }

  @Override
  public String toString() {
    return format + ": " + output;
  }
}
