package dev.kawi.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Calls that are a name, and then each argument between markers of its own, its value as plain
/// text: Qwen3-Coder, Seed-OSS, GLM, MiniMax, DeepSeek V3.2. The tool's schema tells what a value
/// is.
///
/// @param nameEnd what stands behind the name; empty if nothing does
/// @param argument begins an argument
/// @param keyEnds what may stand between the name of an argument and its value
/// @param valueEnd ends an argument
/// @param layout what white space around a value means
record TaggedCalls(
    String nameEnd, String argument, List<KeyEnd> keyEnds, String valueEnd, Layout layout)
    implements CallSyntax {
  private static final int MAX_KEY = 200;

  /// What stands between the name of an argument and its value.
  ///
  /// @param text the marker
  /// @param value what the marker says of the value
  record KeyEnd(String text, ArgumentTypes.Written value) {}

  /// What white space around a value means.
  enum Layout {
    /// It belongs to the value.
    NONE,
    /// One line break before and one behind belong to the layout.
    LINES
  }

  TaggedCalls {
    keyEnds = List.copyOf(keyEnds);
  }

  @Override
  public CallReader reader(CallContext context) {
    return new Reader(context);
  }

  @Override
  public OutputShape shape(CallMarkers markers, List<Tool> tools) {
    List<OutputShape> calls = new ArrayList<>();
    for (Tool tool : tools) {
      List<OutputShape> parts = new ArrayList<>();
      parts.add(
          OutputShape.text(
              markers.call().getFirst() + tool.name() + nameEnd + "\n", markers.controls()));
      ArgumentTypes.properties(tool.parameters())
          .forEach((key, schema) -> {
            OutputShape argument = argument(key, schema, tool.parameters(), markers);
            parts.add(
                ArgumentTypes.isRequired(tool.parameters(), key)
                    ? argument
                    : new OutputShape.Repeat(argument, OutputShape.NOTHING, 0, 1));
          });
      parts.add(OutputShape.text(markers.callEnd().getFirst(), markers.controls()));
      calls.add(new OutputShape.Sequence(parts));
    }
    return markers.section(OutputShape.choice(calls));
  }

  private OutputShape argument(
      String key,
      Map<String, @Nullable Object> schema,
      Map<String, @Nullable Object> root,
      CallMarkers markers) {
    boolean isText = ArgumentTypes.of(schema, root).isText();
    KeyEnd keyEnd =
        keyEnds.stream()
            .filter(end -> end.value().mayBe(isText))
            .findFirst()
            .orElseGet(keyEnds::getFirst);
    String space = layout == Layout.LINES ? "\n" : "";
    return OutputShape.sequence(
        OutputShape.text(argument + key + keyEnd.text() + space, markers.controls()),
        isText
            ? new OutputShape.FreeText(List.of(valueEnd))
            : new OutputShape.Json(ArgumentTypes.standalone(schema, root)),
        OutputShape.text((isText ? "" : space) + valueEnd + "\n", markers.controls()));
  }

  private final class Reader extends CallReader {
    private enum Part {
      NAME,
      NAME_END,
      NEXT,
      KEY,
      KEY_END,
      VALUE
    }

    private final NameMatcher name;
    private final StringBuilder key = new StringBuilder();
    private final StringBuilder value = new StringBuilder();
    private LiteralMatcher next;
    private Part part = Part.NAME;
    private String open = "{";
    private ArgumentTypes.Written written = ArgumentTypes.Written.BY_SCHEMA;

    Reader(CallContext context) {
      super(context);
      Map<String, String> names = new LinkedHashMap<>();
      context.tools().keySet().forEach(tool -> names.put(tool, tool));
      name = new NameMatcher(names);
      next = context.waitFor(List.of(nameEnd));
    }

    @Override
    Body body(char c, char origin) {
      return switch (part) {
        case NAME -> name(c, origin);
        case NAME_END -> nameEnd(c, origin);
        case NEXT -> next(c, origin);
        case KEY -> key(c, origin);
        case KEY_END -> keyEnd(c, origin);
        case VALUE -> value(c);
      };
    }

    private Body name(char c, char origin) {
      return switch (name.take(c, origin)) {
        case MORE -> Body.READING;
        case FAILED -> Body.FAILED;
        case ENDED -> {
          if (nameEnd.isEmpty()) {
            begin();
            yield next(c, origin);
          }
          part = Part.NAME_END;
          yield nameEnd(c, origin);
        }
      };
    }

    private Body nameEnd(char c, char origin) {
      return switch (next.take(c, origin)) {
        case MORE -> Body.READING;
        case FAILED -> Body.FAILED;
        case MATCHED -> {
          begin();
          yield Body.READING;
        }
      };
    }

    private void begin() {
      context().sink().started(name.name().orElseThrow(), Optional.empty());
      part = Part.NEXT;
      next = waitForNext();
    }

    private LiteralMatcher waitForNext() {
      List<String> texts = new ArrayList<>(context().markers().callEnd());
      texts.add(argument);
      return context().waitFor(texts);
    }

    private Body next(char c, char origin) {
      return switch (next.take(c, origin)) {
        case MORE -> Body.READING;
        case FAILED -> Body.FAILED;
        case MATCHED -> {
          if (!next.matched().equals(argument)) {
            context().sink().arguments(open.equals("{") ? "{}" : "}");
            context().sink().completed();
            yield Body.CLOSED;
          }
          part = Part.KEY;
          key.setLength(0);
          yield Body.READING;
        }
      };
    }

    /// The name of an argument ends where what stands behind it begins.
    private Body key(char c, char origin) {
      char end = keyEnds.getFirst().text().charAt(0);
      if (c == end) {
        part = Part.KEY_END;
        next = context().waitFor(keyEnds.stream().map(KeyEnd::text).toList());
        return key.isEmpty() ? Body.FAILED : keyEnd(c, origin);
      }
      key.append(c);
      return c == '\n' || origin != Marker.TEXT || key.length() > MAX_KEY
          ? Body.FAILED
          : Body.READING;
    }

    private Body keyEnd(char c, char origin) {
      return switch (next.take(c, origin)) {
        case MORE -> Body.READING;
        case FAILED -> Body.FAILED;
        case MATCHED -> {
          written =
              keyEnds.stream()
                  .filter(end -> end.text().equals(next.matched()))
                  .findFirst()
                  .orElseThrow()
                  .value();
          part = Part.VALUE;
          value.setLength(0);
          yield Body.READING;
        }
      };
    }

    private Body value(char c) {
      value.append(c);
      int start = value.length() - valueEnd.length();
      if (start >= 0 && value.indexOf(valueEnd, start) == start) {
        value.setLength(start);
        argument();
        part = Part.NEXT;
        next = waitForNext();
      }
      return Body.READING;
    }

    private void argument() {
      Tool tool = context().tools().get(name.name().orElseThrow());
      String json =
          ArgumentTypes.of(
                  ArgumentTypes.property(tool.parameters(), key.toString()), tool.parameters())
              .json(
                  layout == Layout.LINES ? withoutLines(value.toString()) : value.toString(),
                  written);
      context().sink().arguments(open + JsonText.write(key.toString()) + ":" + json);
      open = ",";
    }

    private static String withoutLines(String text) {
      int start = text.startsWith("\n") ? 1 : 0;
      int end = text.length() > start && text.endsWith("\n") ? text.length() - 1 : text.length();
      return text.substring(start, end);
    }

    @Override
    Body endOfBody() {
      return Body.FAILED;
    }
  }
}
