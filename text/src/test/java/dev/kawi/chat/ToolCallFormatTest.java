package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ToolCallSample.Answer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ToolCallFormatTest {
  static Stream<ToolCallSample> samples() {
    return ToolCallSample.all().stream();
  }

  static Stream<ToolCallFormat> formats() {
    return ToolCallFormat.all().stream();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void output_isTakenApart(ToolCallSample sample) {
    Answer answer = new Answer(sample).take(sample.output());
    answer.parser.finish();
    assertEquals(sample.text(), answer.parser.text());
    assertEquals(sample.reasoning(), answer.parser.reasoning());
    assertEquals(sample.calls(), answer.calls());
    assertEquals(sample.text(), answer.text());
    assertEquals(sample.reasoning(), answer.reasoning());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void everyTwoCuts_giveTheSameEvents(ToolCallSample sample) {
    String output = sample.output();
    Answer whole = new Answer(sample).take(output);
    whole.parser.finish();
    String expected = whole.told();
    AnswerMarkers markers = sample.markers();
    for (int i = 0; i <= output.length(); i++) {
      for (int j = i; j <= output.length(); j++) {
        String first = output.substring(0, i);
        Answer answer =
            new Answer(sample, markers).take(first, output.substring(i, j), output.substring(j));
        answer.parser.finish();
        int at = i;
        int then = j;
        assertEquals(expected, answer.told(), () -> "cut at " + at + " and " + then);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void argumentEvents_arePiecesOfTheArguments(ToolCallSample sample) {
    Answer answer =
        new Answer(
                ToolCallSample.format(sample.format()),
                sample.markers(),
                sample.prompt(),
                ToolCallDelivery.STREAMED)
            .take(sample.output().split(""));
    answer.parser.finish();
    Map<String, String> pieces =
        answer.events.stream()
            .filter(ChatEvent.ToolCallArguments.class::isInstance)
            .map(ChatEvent.ToolCallArguments.class::cast)
            .collect(
                Collectors.toMap(
                    ChatEvent.ToolCallArguments::id,
                    ChatEvent.ToolCallArguments::json,
                    String::concat));
    for (ToolCall call : answer.parser.toolCalls()) {
      assertEquals(
          call.arguments(), JsonText.object(pieces.getOrDefault(call.id(), "")).orElseThrow());
    }
    assertEquals(sample.calls(), answer.calls());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void ids_areNoTwoTheSame(ToolCallSample sample) {
    Answer answer = new Answer(sample).take(sample.output());
    answer.parser.finish();
    Set<String> ids = new HashSet<>();
    answer.parser.toolCalls().forEach(call -> assertTrue(ids.add(call.id()), call.id()));
  }

  @Test
  void everyFormat_hasThreeSamplesOfCallsAndOneOfNone() {
    Map<String, Long> calling =
        samples()
            .filter(sample -> !sample.calls().isEmpty())
            .collect(Collectors.groupingBy(ToolCallSample::format, Collectors.counting()));
    Set<String> refusing =
        samples()
            .filter(sample -> sample.calls().isEmpty())
            .map(ToolCallSample::format)
            .collect(Collectors.toSet());
    formats()
        .map(ToolCallFormat::name)
        .forEach(name -> {
          assertTrue(calling.getOrDefault(name, 0L) >= 3, name);
          assertTrue(refusing.contains(name), name);
        });
  }
}
