package dev.kawi.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a reader of calls needs.
///
/// @param markers around calls
/// @param trigger the marker that came; empty when what was first said is the call itself
/// @param tools those that may be called
/// @param sink hears of the calls
record CallContext(
    CallMarkers markers, String trigger, Map<String, Tool> tools, CallContext.Sink sink) {

  /// Hears of calls while they are read.
  interface Sink {
    /// A call began; `id` is the model's own.
    void started(String name, Optional<String> id);

    /// The next piece of its arguments, which together are a JSON object.
    void arguments(String json);

    /// The call is whole.
    void completed();
  }

  /// The tools by their names.
  static Map<String, Tool> byName(List<Tool> tools) {
    Map<String, Tool> all = new LinkedHashMap<>();
    tools.forEach(tool -> all.putIfAbsent(tool.name(), tool));
    return all;
  }

  boolean knows(String name) {
    return tools.containsKey(name);
  }

  /// Whether the marker of the section came, so that the one of the call is still to come.
  boolean isInSection() {
    return markers.section().contains(trigger) && !markers.call().isEmpty();
  }

  LiteralMatcher waitFor(List<String> texts) {
    return new LiteralMatcher(markers.markers(texts));
  }
}
