package dev.kawi.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Calls that are JSON objects with the name and the arguments in them, one or a list of them:
/// Hermes and Qwen, Llama 3, Mistral up to v7, Phi, Command-R and many more.
///
/// @param names members that hold the name; the first is the one that models were trained on
/// @param arguments members that hold the arguments
/// @param ids members that hold the id
/// @param wrappers members of an object around the calls
/// @param list whether calls stand in a list
/// @param others what members of other names mean
record JsonCalls(
    List<String> names,
    List<String> arguments,
    List<String> ids,
    List<String> wrappers,
    Listing list,
    Others others)
    implements CallSyntax {
  /// Whether calls stand in a list.
  enum Listing {
    /// Each is an object of its own.
    NEVER,
    /// As many as there are, in one.
    ALWAYS,
    /// Either may be.
    EITHER
  }

  /// What members of other names mean.
  enum Others {
    /// They say nothing.
    IGNORED,
    /// The object is no call.
    REFUSED
  }

  JsonCalls {
    names = List.copyOf(names);
    arguments = List.copyOf(arguments);
    ids = List.copyOf(ids);
    wrappers = List.copyOf(wrappers);
  }

  @Override
  public CallReader reader(CallContext context) {
    return new Reader(context);
  }

  @Override
  public OutputShape shape(CallMarkers markers, List<Tool> tools) {
    List<OutputShape> calls = new ArrayList<>();
    tools.forEach(tool -> calls.add(call(tool)));
    OutputShape call = OutputShape.choice(calls);
    String begin = markers.call().isEmpty() ? "" : markers.call().getFirst();
    String end =
        markers.callEnd().isEmpty() || markers.call().isEmpty() ? "" : markers.callEnd().getFirst();
    OutputShape body =
        list == Listing.ALWAYS
            ? OutputShape.sequence(
                new OutputShape.Literal("["),
                OutputShape.separated(call, new OutputShape.Literal(", ")),
                new OutputShape.Literal("]"))
            : call;
    OutputShape block =
        OutputShape.sequence(
            OutputShape.text(begin, markers.controls()),
            body,
            OutputShape.text(end, markers.controls()));
    return list == Listing.ALWAYS ? markers.inSection(block) : markers.section(block);
  }

  private OutputShape call(Tool tool) {
    return OutputShape.sequence(
        new OutputShape.Literal(
            "{\"%s\": %s, \"%s\": "
                .formatted(names.getFirst(), JsonText.write(tool.name()), arguments.getFirst())),
        new OutputShape.Json(tool.parameters()),
        new OutputShape.Literal("}"));
  }

  // A call is an object; it stands alone, in a list, or in a member of an object around it. So the
  // number of brackets that are open within a call is known when the first bracket opens, and again
  // when that member comes.
  private final class Reader extends CallReader implements JsonScanner.Visitor {
    private final JsonScanner scanner = new JsonScanner(this);
    private boolean begun;
    private boolean broken;

    /// How many brackets are open within a call; 0 while it is not known.
    private int callDepth;

    private boolean callsExpected = true;
    private boolean wrapped;

    // of the call that is read
    private String member = "";
    private String name = "";
    private Optional<String> id = Optional.empty();
    private boolean started;
    private int argumentsStart = -1;
    private int sent;
    private String ready = "";
    private boolean hasArguments;

    Reader(CallContext context) {
      super(context);
      if (context.trigger().equals("{") || context.trigger().equals("[")) {
        body(context.trigger().charAt(0), Marker.TEXT);
      }
    }

    @Override
    Body body(char c, char origin) {
      if (!begun && Character.isWhitespace(c)) {
        return Body.READING;
      }
      if (origin != Marker.TEXT || (!begun && !mayBegin(c)) || !scanner.take(c) || broken) {
        return Body.FAILED;
      }
      begun = true;
      stream();
      return scanner.isDone() ? Body.WHOLE : Body.READING;
    }

    private boolean mayBegin(char c) {
      return (c == '{' && list != Listing.ALWAYS) || (c == '[' && list != Listing.NEVER);
    }

    @Override
    Body endOfBody() {
      return Body.FAILED;
    }

    @Override
    public void opened(int start) {
      boolean isObject = scanner.text().charAt(start) == '{';
      if (callsExpected) {
        callDepth = isObject ? scanner.depth() : scanner.depth() + 1;
        callsExpected = false;
      } else if (scanner.depth() == callDepth && !isObject) {
        broken = true;
      }
      if (scanner.depth() == callDepth) {
        begin();
      } else if (scanner.depth() == callDepth + 1 && isArgument()) {
        broken |= !isObject;
        argumentsStart = start;
        sent = start;
      }
    }

    private boolean isArgument() {
      return arguments.contains(member) && !hasArguments;
    }

    private void begin() {
      member = "";
      name = "";
      id = Optional.empty();
      started = false;
      argumentsStart = -1;
      ready = "";
      hasArguments = false;
    }

    @Override
    public void key(String json) {
      if (scanner.depth() != callDepth) {
        return;
      }
      member = String.valueOf(JsonText.read(json).orElse(""));
      if (wrappers.contains(member) && !wrapped && callDepth == 1 && name.isEmpty()) {
        wrapped = true;
        callsExpected = true;
        return;
      }
      boolean isKnown =
          names.contains(member)
              || arguments.contains(member)
              || ids.contains(member)
              || member.equals("type");
      broken |= others == Others.REFUSED && !isKnown;
    }

    @Override
    public void scalar(int start, int end) {
      if (callsExpected || scanner.depth() < callDepth) {
        broken |= callsExpected || callDepth - scanner.depth() == 1;
        return;
      }
      if (scanner.depth() != callDepth) {
        return;
      }
      Optional<Object> value = JsonText.read(scanner.text().substring(start, end));
      if (names.contains(member) && name.isEmpty()) {
        name = value.filter(String.class::isInstance).map(String.class::cast).orElse("");
        broken |= !context().knows(name);
      } else if (ids.contains(member)) {
        id = value.map(String::valueOf).filter(text -> !text.isEmpty());
      } else if (isArgument() && value.isPresent()) { // null means that there are none
        hasArguments = true;
        ready =
            value.map(String::valueOf).flatMap(JsonText::object).map(JsonText::write).orElse("");
        broken |= ready.isEmpty();
      }
    }

    @Override
    public void closed(int end) {
      if (scanner.depth() == callDepth && argumentsStart >= 0 && !hasArguments) {
        hasArguments = true;
        ready = scanner.text().substring(argumentsStart, end);
      } else if (scanner.depth() == callDepth - 1 && callDepth > 0) {
        complete();
      }
    }

    /// Hands on what is known of the arguments, once the name is.
    private void stream() {
      if (name.isEmpty() || broken || (!hasArguments && argumentsStart < 0)) {
        return;
      }
      start();
      if (argumentsStart >= 0) {
        int end = hasArguments ? argumentsStart + ready.length() : scanner.text().length();
        if (end > sent) {
          context().sink().arguments(scanner.text().substring(sent, end));
          sent = end;
        }
      } else if (!ready.isEmpty()) {
        context().sink().arguments(ready);
        ready = "";
      }
    }

    private void start() {
      if (!started) {
        context().sink().started(name, id);
        started = true;
      }
    }

    private void complete() {
      broken |= name.isEmpty();
      if (broken) {
        return;
      }
      if (hasArguments) {
        stream();
      } else {
        start();
        context().sink().arguments("{}");
      }
      context().sink().completed();
      begin();
    }
  }
}
