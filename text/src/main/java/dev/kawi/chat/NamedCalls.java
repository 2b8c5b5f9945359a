package dev.kawi.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Calls that are a name, and behind a separator their arguments as a JSON object: Mistral's
/// `name[ARGS]{...}`, DeepSeek's, Kimi's, Functionary's, the recipients of gpt-oss.
///
/// @param prefixes what may stand before the name
/// @param numbered whether a colon and a number may follow the name, as in Kimi's `functions.f:0`,
///   which together are the id of the call
/// @param idBegin a marker behind the name that begins the id of the call; empty if there is none
/// @param separators each of these may stand between name and arguments; empty if only white space
///   does
/// @param answers recipients that are no tools: what follows is text for the user
record NamedCalls(
    List<String> prefixes,
    Numbered numbered,
    String idBegin,
    List<String> separators,
    List<String> answers)
    implements CallSyntax {
  private static final OutputShape NUMBER =
      OutputShape.sequence(new OutputShape.Literal(":"), new OutputShape.Index());

  /// Whether names have numbers.
  enum Numbered {
    YES,
    NO
  }

  NamedCalls {
    prefixes = List.copyOf(prefixes);
    separators = List.copyOf(separators);
    answers = List.copyOf(answers);
  }

  @Override
  public CallReader reader(CallContext context) {
    return new Reader(context);
  }

  @Override
  public OutputShape shape(CallMarkers markers, List<Tool> tools) {
    List<OutputShape> calls = new ArrayList<>();
    String begin = markers.call().getFirst() + (prefixes.isEmpty() ? "" : prefixes.getFirst());
    String separator = separators.isEmpty() ? "\n" : separators.getFirst();
    for (Tool tool : tools) {
      calls.add(
          OutputShape.sequence(
              OutputShape.text(begin + tool.name(), markers.controls()),
              numbered == Numbered.YES ? NUMBER : OutputShape.NOTHING,
              OutputShape.text(separator, markers.controls()),
              new OutputShape.Json(tool.parameters()),
              OutputShape.text(
                  markers.callEnd().isEmpty() ? "" : markers.callEnd().getFirst(),
                  markers.controls())));
    }
    return markers.section(OutputShape.choice(calls));
  }

  private final class Reader extends CallReader {
    private enum Part {
      NAME,
      NUMBER,
      SEPARATOR,
      ID,
      ARGUMENTS
    }

    private final NameMatcher name;
    private final LiteralMatcher separator;
    private final LiteralMatcher idEnd;
    private final ArgumentObject arguments;
    private final StringBuilder id = new StringBuilder();
    private Part part = Part.NAME;
    private boolean isAnswer;

    Reader(CallContext context) {
      super(context);
      name = new NameMatcher(spellings(context));
      List<String> texts = new ArrayList<>(separators);
      if (!idBegin.isEmpty()) {
        texts.add(idBegin);
      }
      separator = context.waitFor(texts);
      idEnd = context.waitFor(separators);
      arguments = new ArgumentObject(context.sink());
    }

    private Map<String, String> spellings(CallContext context) {
      Map<String, String> all = new LinkedHashMap<>();
      answers.forEach(answer -> all.put(answer, answer));
      for (String tool : context.tools().keySet()) {
        all.put(tool, tool);
        prefixes.forEach(prefix -> all.put(prefix + tool, tool));
      }
      return all;
    }

    @Override
    Body body(char c, char origin) {
      return switch (part) {
        case NAME -> name(c, origin);
        case NUMBER -> number(c, origin);
        case SEPARATOR -> separator(c, origin);
        case ID -> id(c, origin);
        case ARGUMENTS -> {
          Body body = arguments.take(c, origin);
          if (body == Body.WHOLE) {
            context().sink().completed();
          }
          yield body;
        }
      };
    }

    private Body name(char c, char origin) {
      return switch (name.take(c, origin)) {
        case MORE -> Body.READING;
        case FAILED -> Body.FAILED;
        case ENDED -> {
          String called = name.name().orElseThrow();
          if (answers.contains(called) && !context().knows(called)) {
            isAnswer = Character.isWhitespace(c);
            yield isAnswer ? Body.WHOLE : Body.FAILED;
          }
          part = numbered == Numbered.YES && c == ':' ? Part.NUMBER : Part.SEPARATOR;
          if (part == Part.NUMBER) {
            id.append(name.spelled()).append(c);
            yield Body.READING;
          }
          yield separator(c, origin);
        }
      };
    }

    private Body number(char c, char origin) {
      if (c >= '0' && c <= '9' && origin == Marker.TEXT) {
        id.append(c);
        return Body.READING;
      }
      part = Part.SEPARATOR;
      return id.charAt(id.length() - 1) == ':' ? Body.FAILED : separator(c, origin);
    }

    private Body separator(char c, char origin) {
      if (separators.isEmpty()) {
        return Character.isWhitespace(c) ? Body.READING : bare(c, origin);
      }
      return switch (separator.take(c, origin)) {
        case MORE -> Body.READING;
        case FAILED -> Body.FAILED;
        case MATCHED -> {
          if (separator.matched().equals(idBegin)) {
            part = Part.ID;
            yield Body.READING;
          }
          start();
          yield Body.READING;
        }
      };
    }

    private Body bare(char c, char origin) {
      if (c != '{') {
        return Body.FAILED;
      }
      start();
      return arguments.take(c, origin);
    }

    private void start() {
      part = Part.ARGUMENTS;
      context()
          .sink()
          .started(
              name.name().orElseThrow(),
              Optional.of(id.toString()).filter(text -> !text.isEmpty()));
    }

    private Body id(char c, char origin) {
      boolean isId =
          origin == Marker.TEXT
              && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
      if (isId && idEnd.taken() == 0) {
        id.append(c);
        return id.length() <= 64 ? Body.READING : Body.FAILED;
      }
      return switch (idEnd.take(c, origin)) {
        case MORE -> Body.READING;
        case FAILED -> Body.FAILED;
        case MATCHED -> {
          start();
          yield Body.READING;
        }
      };
    }

    @Override
    Body endOfBody() {
      return Body.FAILED;
    }

    @Override
    boolean endsBefore() {
      return isAnswer;
    }
  }
}
