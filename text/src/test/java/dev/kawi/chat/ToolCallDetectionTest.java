package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ToolCallSample.Answer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToolCallDetectionTest {
  private static final String CALL =
      """
      <tool_call>
      {"name": "sky", "arguments": {"city": "Paris"}}
      </tool_call>\
      """;

  private static Answer hermes(ToolCallDelivery delivery) {
    return answer("hermes", delivery);
  }

  private static Answer answer(String format, ToolCallDelivery delivery) {
    ToolCallFormat found = ToolCallSample.format(format);
    AnswerMarkers markers = AnswerMarkers.of(ToolCallSample.tags("think"), Optional.of(found));
    return new Answer(found, markers, "assistant:", delivery);
  }

  @Test
  void streamed_callIsToldWhileItIsWritten() {
    Answer answer = hermes(ToolCallDelivery.STREAMED);
    answer.take("<tool_call>{\"name\": \"sky\", \"arguments\": {\"city\": ");
    String id = ((ChatEvent.ToolCallStarted) answer.events.getFirst()).id();
    assertEquals(
        List.of(
            new ChatEvent.ToolCallStarted(id, "sky"),
            new ChatEvent.ToolCallArguments(id, "{\"city\": ")),
        answer.events);
    answer.take("\"Pa", "ris\"}}");
    assertEquals(new ChatEvent.ToolCallArguments(id, "\"Pa"), answer.events.get(2));
    assertEquals(new ChatEvent.ToolCallArguments(id, "ris\"}"), answer.events.get(3));
    ToolCall call = new ToolCall(id, "sky", Map.of("city", "Paris"));
    assertEquals(new ChatEvent.ToolCallCompleted(call), answer.events.getLast());
  }

  @Test
  void whole_callIsToldWhenItIsCertain() {
    Answer answer = hermes(ToolCallDelivery.WHOLE).take(CALL.substring(0, CALL.length() - 1));
    assertTrue(answer.events.isEmpty());
    answer.take(">");
    assertEquals(3, answer.events.size());
  }

  @Test
  void streamed_callThatBreaksIsText() {
    Answer answer = hermes(ToolCallDelivery.STREAMED);
    String broken = "<tool_call>{\"name\": \"ping\", \"arguments\": {\"a\" 1}}</tool_call>";
    answer.take(broken);
    answer.parser.finish();
    assertEquals(broken, answer.parser.text());
    assertTrue(answer.parser.toolCalls().isEmpty());
    assertFalse(answer.events.stream().anyMatch(ChatEvent.ToolCallCompleted.class::isInstance));
  }

  @Test
  void callQuotedInACallThatIsCutOff_isNone() {
    Answer answer = answer("qwen3-coder", ToolCallDelivery.WHOLE);
    String output =
        """
        <tool_call>
        <function=put>
        <parameter=path>
        a
        </parameter>
        <parameter=content>
        <tool_call>
        <function=ping>
        </function>
        </tool_call>
        """;
    answer.take(output);
    answer.parser.finish();
    assertTrue(answer.parser.toolCalls().isEmpty());
    assertEquals(output, answer.parser.text());
  }

  @Test
  void onlyWhatMayBecomeAMarker_isHeldBack() {
    Answer answer = hermes(ToolCallDelivery.WHOLE).take("a <tool_", "b <");
    assertEquals("a <tool_b", answer.text());
    answer.take("c");
    assertEquals("a <tool_b <c", answer.text());
    answer.take(" <tool_call> no");
    assertEquals("a <tool_b <c <tool_call> no", answer.text());
  }

  @Test
  void controlToken_isNoMarkerWhenItIsSpelledOut() {
    ToolCallFormat spelled = ToolCallSample.format("kimi-k2");
    ToolCallFormat format =
        new ToolCallFormat(
            spelled.name(),
            spelled
                .markers()
                .with(
                    List.of(
                        "<|tool_call_begin|>",
                        "<|tool_call_argument_begin|>",
                        "<|tool_call_end|>")),
            spelled.syntax());
    AnswerMarkers markers = AnswerMarkers.of(ToolCallSample.tags("think"), Optional.of(format));
    Answer answer = new Answer(format, markers, "assistant:", ToolCallDelivery.WHOLE);
    String text = "<|tool_call_begin|>functions.ping:0<|tool_call_argument_begin|>{}";
    answer.take(text);
    answer.parser.acceptControl("<|tool_call_begin|>");
    answer.parser.accept("functions.ping:0");
    answer.parser.acceptControl("<|tool_call_argument_begin|>");
    answer.parser.accept("{}");
    answer.parser.acceptControl("<|tool_call_end|>");
    answer.parser.finish();
    assertEquals(text, answer.parser.text());
    assertEquals(
        List.of(new ToolCall("functions.ping:0", "ping", Map.of())), answer.parser.toolCalls());
  }

  @Test
  void ids_areNewInTheConversation_andTheSameForTheSame() {
    List<Message> messages =
        List.of(
            Message.user("Hi"),
            new Message.Assistant(
                "", "", List.of(new ToolCall("functions.ping:0", "ping", Map.of()))),
            new Message.ToolResult("pong", "functions.ping:0", "ping"));
    ToolCallIds ids = new ToolCallIds(messages);
    String first = ids.next(Optional.of("functions.ping:0"));
    assertNotEquals("functions.ping:0", first);
    assertTrue(first.matches("[a-zA-Z0-9]{9}"), first);
    assertEquals("functions.ping:1", ids.next(Optional.of("functions.ping:1")));
    assertNotEquals(first, ids.next(Optional.empty()));
    assertEquals(first, new ToolCallIds(messages).next(Optional.empty()));
    assertNotEquals(first, new ToolCallIds(messages.subList(0, 1)).next(Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"type": "string"}                                   | 007        | "007"
          {"type": "integer"}                                  | 7          | 7
          {"type": "integer"}                                  | seven      | "seven"
          {"type": "number"}                                   | 1e999      | "1e999"
          {"type": "boolean"}                                  | True       | true
          {"type": ["string", "null"]}                         | null       | null
          {"type": ["string", "null"]}                         | 12         | "12"
          {"anyOf": [{"type": "string"}, {"type": "object"}]}  | {"a": 1}   | {"a": 1}
          {"anyOf": [{"type": "string"}, {"type": "object"}]}  | {no json   | "{no json"
          {"enum": ["a", "1"]}                                 | 1          | "1"
          {"enum": [1, 2]}                                     | 1          | 1
          {"$ref": "#/$defs/n"}                                | 5          | 5
          {"$ref": "#/$defs/loop"}                             | 5          | 5
          {}                                                   | [1, 2]     | [1, 2]
          {}                                                   | plain      | "plain"
          """)
  void plainText_getsTheTypeOfTheSchema(String schema, String text, String json) {
    Map<String, Object> root =
        Map.of(
            "$defs",
            Map.of("n", Map.of("type", "integer"), "loop", Map.of("$ref", "#/$defs/loop")));
    ArgumentTypes types = ArgumentTypes.of(JsonText.object(schema).orElseThrow(), root);
    assertEquals(json, types.json(text, ArgumentTypes.Written.BY_SCHEMA));
  }

  @Test
  void randomTexts_doNotDependOnThePieces() {
    Random random = new Random(7);
    List<String> parts =
        ToolCallSample.all().stream()
            .flatMap(sample -> List.of(sample.output().split("(?<=[>\\]}])")).stream())
            .distinct()
            .collect(Collectors.toList());
    for (int round = 0; round < 2000; round++) {
      ToolCallFormat format = ToolCallFormat.all().get(random.nextInt(ToolCallFormat.all().size()));
      String output =
          random
              .ints(1 + random.nextInt(8), 0, parts.size())
              .mapToObj(parts::get)
              .collect(Collectors.joining());
      Answer whole = answer(format.name(), ToolCallDelivery.WHOLE).take(output);
      whole.parser.finish();
      Answer single = answer(format.name(), ToolCallDelivery.WHOLE).take(output.split(""));
      single.parser.finish();
      assertEquals(whole.told(), single.told(), () -> format.name() + ": " + output);
    }
  }

  @Test
  void openings_costLinearTime() {
    Answer answer = answer("generic", ToolCallDelivery.WHOLE);
    String output = "<tool_call>{\"name\": \"ping\", \"arguments\": {\"a\": [".repeat(20_000);
    answer.take(output);
    answer.parser.finish();
    assertEquals(output, answer.parser.text());
  }
}
