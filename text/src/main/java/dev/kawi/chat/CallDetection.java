package dev.kawi.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Finds the tool calls of one answer, and keeps what was heard of them until it is certain that
/// they are calls.
final class CallDetection implements CallContext.Sink {
  private final ToolCallFormat format;
  private final Map<String, Tool> tools;
  private final ToolCallIds ids;
  private final ToolCallDelivery delivery;
  private final List<ChatEvent> queue = new ArrayList<>();
  private final List<String> started = new ArrayList<>();
  private final List<ToolCall> whole = new ArrayList<>();
  private final StringBuilder arguments = new StringBuilder();
  private final StringBuilder unsent = new StringBuilder();
  private String name = "";

  CallDetection(
      ToolCallFormat format, Map<String, Tool> tools, ToolCallIds ids, ToolCallDelivery delivery) {
    this.format = format;
    this.tools = tools;
    this.ids = ids;
    this.delivery = delivery;
  }

  /// What may begin calls anywhere.
  List<Marker> triggers() {
    CallMarkers markers = format.markers();
    return markers.markers(markers.triggers());
  }

  List<Marker> sectionEnds() {
    return format.markers().markers(format.markers().sectionEnd());
  }

  /// The marker with which the prompt has begun a call.
  Optional<String> openedBy(String tail) {
    return format.markers().call().stream()
        .filter(marker -> tail.endsWith(marker.stripTrailing()))
        .findFirst();
  }

  CallReader reader(String trigger) {
    return format.syntax().reader(new CallContext(format.markers(), trigger, tools, this));
  }

  @Override
  public void started(String tool, Optional<String> own) {
    String id = ids.next(own);
    name = tool;
    started.add(id);
    arguments.setLength(0);
    queue.add(new ChatEvent.ToolCallStarted(id, tool));
  }

  @Override
  public void arguments(String json) {
    arguments.append(json);
    unsent.append(json);
  }

  @Override
  public void completed() {
    flush();
    Optional<Map<String, @Nullable Object>> values = JsonText.object(arguments.toString());
    ToolCall call = new ToolCall(started.getLast(), name, values.orElse(Map.of()));
    whole.add(call);
    queue.add(new ChatEvent.ToolCallCompleted(call));
  }

  private void flush() {
    if (!unsent.isEmpty()) {
      queue.add(new ChatEvent.ToolCallArguments(started.getLast(), unsent.toString()));
      unsent.setLength(0);
    }
  }

  /// Hands out what was heard, if that need not wait.
  void stream(Consumer<? super ChatEvent> events) {
    if (delivery == ToolCallDelivery.STREAMED) {
      flush();
      handOut(events);
    }
  }

  private void handOut(Consumer<? super ChatEvent> events) {
    List<ChatEvent> all = List.copyOf(queue);
    queue.clear();
    all.forEach(events);
  }

  /// Hands out all that was heard, and the calls.
  List<ToolCall> commit(Consumer<? super ChatEvent> events) {
    List<ToolCall> calls = List.copyOf(whole);
    handOut(events);
    clear();
    return calls;
  }

  /// Forgets what was heard: there were no calls.
  void rollback() {
    started.reversed().forEach(ids::release);
    clear();
  }

  private void clear() {
    queue.clear();
    started.clear();
    whole.clear();
    unsent.setLength(0);
  }
}
