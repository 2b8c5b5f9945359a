package dev.kawi.chat;

import java.util.List;

/// How a family writes a tool call: one implementation for each shape, which families share.
sealed interface CallSyntax permits JsonCalls, NamedCalls, TaggedCalls {
  /// Reads calls, behind the marker that began them.
  CallReader reader(CallContext context);

  /// What a model may write for one or more calls of these tools, from the marker on that begins
  /// them.
  OutputShape shape(CallMarkers markers, List<Tool> tools);
}
