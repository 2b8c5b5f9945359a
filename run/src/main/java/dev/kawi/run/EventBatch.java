package dev.kawi.run;

import java.util.List;

/// Events in order, and where the next ones begin.
///
/// @param events some or none
/// @param next the offset in the file, in bytes, to read on from
public record EventBatch(List<Event> events, long next) {
  /// Copies the events.
  public EventBatch {
    events = List.copyOf(events);
  }
}
