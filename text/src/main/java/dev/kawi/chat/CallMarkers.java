package dev.kawi.chat;

import java.util.List;
import java.util.stream.Stream;

/// The markers around tool calls.
///
/// @param section each of these begins calls; empty where each call stands for itself
/// @param sectionEnd what may stand behind calls and is no part of the answer
/// @param call each of these begins a call
/// @param first these begin a call only where nothing was said yet, or right behind another call
/// @param callEnd each of these ends a call; empty where the call's own syntax tells
/// @param alone whether a call may stand outside a section
/// @param controls the tokens in markers that are control tokens of the model: spelled out as text
///   they are none
record CallMarkers(
    List<String> section,
    List<String> sectionEnd,
    List<String> call,
    List<String> first,
    List<String> callEnd,
    Alone alone,
    List<String> controls) {
  /// Whether a call may stand outside a section.
  enum Alone {
    ALLOWED,
    REFUSED
  }

  CallMarkers {
    section = List.copyOf(section);
    sectionEnd = List.copyOf(sectionEnd);
    call = List.copyOf(call);
    first = List.copyOf(first);
    callEnd = List.copyOf(callEnd);
    controls = List.copyOf(controls);
  }

  CallMarkers with(List<String> controlTokens) {
    return new CallMarkers(section, sectionEnd, call, first, callEnd, alone, controlTokens);
  }

  /// The texts at which a call may begin, wherever they stand.
  List<String> triggers() {
    return alone == Alone.ALLOWED
        ? Stream.concat(section.stream(), call.stream()).toList()
        : section;
  }

  List<Marker> markers(List<String> texts) {
    return Marker.all(texts, controls);
  }

  /// Calls, one or more, in their section.
  OutputShape section(OutputShape call) {
    OutputShape separator = section.isEmpty() ? new OutputShape.Literal("\n") : OutputShape.NOTHING;
    return inSection(
        OutputShape.separated(call, controls.isEmpty() ? separator : OutputShape.NOTHING));
  }

  /// What stands in a section, within its markers.
  OutputShape inSection(OutputShape calls) {
    if (section.isEmpty()) {
      return calls;
    }
    String end = sectionEnd.isEmpty() ? "" : sectionEnd.getFirst();
    String space = controls.isEmpty() ? "\n" : "";
    return OutputShape.sequence(
        OutputShape.text(section.getFirst() + space, controls),
        calls,
        OutputShape.text(end, controls));
  }
}
