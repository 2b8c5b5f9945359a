package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ToolCallSample.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the shapes of the families describe is what the parser reads.
class OutputShapeTest {
  static Stream<ToolCallFormat> formats() {
    return ToolCallFormat.all().stream();
  }

  /// A text of this shape, chosen at random.
  private static String write(OutputShape shape, Random random) {
    return switch (shape) {
      case OutputShape.Literal(String text) -> text;
      case OutputShape.Control(String token) -> token;
      case OutputShape.Index i -> String.valueOf(random.nextInt(12));
      case OutputShape.FreeText f -> "a \"b\" < ü";
      case OutputShape.Json(Map<String, @Nullable Object> schema) ->
          JsonText.write(value(schema, random));
      case OutputShape.Choice(List<OutputShape> options) ->
          write(options.get(random.nextInt(options.size())), random);
      case OutputShape.Sequence(List<OutputShape> parts) -> {
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> text.append(write(part, random)));
        yield text.toString();
      }
      case OutputShape.Repeat repeat -> {
        int count = repeat.min() + random.nextInt(Math.min(3, repeat.max() - repeat.min() + 1));
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          texts.add(write(repeat.item(), random));
        }
        yield String.join(write(repeat.separator(), random), texts);
      }
    };
  }

  private static @Nullable Object value(Map<String, @Nullable Object> schema, Random random) {
    return switch (String.valueOf(schema.get("type"))) {
      case "integer", "number" -> random.nextInt(100);
      case "string" -> "\"é\n<|x|>";
      case "boolean" -> true;
      case "array" -> List.of("x", "y");
      case "object" -> {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        ArgumentTypes.properties(schema)
            .forEach((key, property) -> object.put(key, value(property, random)));
        yield object;
      }
      default -> null;
    };
  }

  @ParameterizedTest
  @MethodSource("formats")
  void whatAShapeDescribes_isReadAsCalls(ToolCallFormat format) {
    Random random = new Random(3);
    OutputShape shape = format.shape(ToolCallSample.TOOLS, ToolChoice.REQUIRED);
    for (int round = 0; round < 50; round++) {
      String output = write(shape, random);
      AnswerMarkers markers = AnswerMarkers.of(ToolCallSample.tags("think"), Optional.of(format));
      Answer answer =
          new Answer(format, markers, "assistant:", ToolCallDelivery.WHOLE).take(output);
      answer.parser.finish();
      assertEquals("", answer.parser.text(), output);
      assertTrue(!answer.parser.toolCalls().isEmpty(), output);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void namedTool_isTheOnlyOne(ToolCallFormat format) {
    OutputShape shape = format.shape(ToolCallSample.TOOLS, new ToolChoice.Named("ping"));
    String output = write(shape, new Random(1));
    assertTrue(output.contains("ping"), output);
    assertTrue(!output.contains("sky"), output);
  }

  @Test
  void autoChoice_isTextAndThenCalls() {
    ToolCallFormat hermes = ToolCallSample.format("hermes");
    OutputShape.Sequence shape =
        assertInstanceOf(
            OutputShape.Sequence.class, hermes.shape(ToolCallSample.TOOLS, ToolChoice.AUTO));
    assertEquals(new OutputShape.FreeText(List.of("<tool_call>")), shape.parts().getFirst());
    OutputShape.Repeat calls = assertInstanceOf(OutputShape.Repeat.class, shape.parts().getLast());
    assertEquals(0, calls.min());
    assertEquals(1, calls.max());
  }

  @Test
  void noChoice_isText() {
    assertEquals(
        new OutputShape.FreeText(List.of()),
        ToolCallSample.format("hermes").shape(ToolCallSample.TOOLS, ToolChoice.NONE));
  }

  @Test
  void controlTokens_areNotSpelledOut() {
    assertEquals(
        new OutputShape.Sequence(
            List.of(
                new OutputShape.Control("[TOOL_CALLS]"),
                new OutputShape.Literal("ping"),
                new OutputShape.Control("[ARGS]"))),
        OutputShape.text("[TOOL_CALLS]ping[ARGS]", List.of("[ARGS]", "[TOOL_CALLS]")));
  }

  @Test
  void toolThatIsNotThere_isRefusedByName() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                ToolCallSample.format("hermes")
                    .shape(ToolCallSample.TOOLS, new ToolChoice.Named("rm")));
    assertTrue(e.getMessage().contains("\"rm\""), e.getMessage());
  }
}
