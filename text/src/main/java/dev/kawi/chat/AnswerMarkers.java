package dev.kawi.chat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Which markers count where in an answer: a table that is made once for a model.
final class AnswerMarkers {
  /// Where in an answer the parser is.
  enum State {
    /// Nothing was said.
    START,
    /// Within thoughts, of which there are none so far.
    OPENED,
    /// Within thoughts.
    THOUGHT,
    /// Behind a marker, before the answer or before thoughts again.
    AFTER,
    /// Behind tool calls.
    CALLED,
    /// Within the answer.
    ANSWER
  }

  private final ReasoningTags tags;
  private final List<Marker> sectionEnds;
  private final List<Marker> thoughtEnds;
  private final Map<State, List<Marker>> markers = new EnumMap<>(State.class);
  private final Map<State, List<Marker>> triggers = new EnumMap<>(State.class);

  private AnswerMarkers(ReasoningTags tags, Optional<CallMarkers> calls) {
    this.tags = tags;
    sectionEnds = calls.map(each -> each.markers(each.sectionEnd())).orElse(List.of());
    thoughtEnds = Marker.all(tags.end(), tags.controls());
    for (State state : State.values()) {
      markers.put(state, markers(state));
      triggers.put(state, calls.map(each -> triggers(state, each)).orElse(List.of()));
    }
  }

  /// The markers of thoughts, and those of tool calls where these are wanted.
  static AnswerMarkers of(ReasoningTags tags, Optional<ToolCallFormat> calls) {
    return new AnswerMarkers(tags, calls.map(ToolCallFormat::markers));
  }

  private List<Marker> markers(State in) {
    List<String> openings =
        Stream.of(tags.begin(), tags.answerBegin(), tags.between()).flatMap(List::stream).toList();
    List<String> anywhere = tags.rounds() == ReasoningTags.Rounds.MANY ? openings : List.of();
    Stream<String> texts =
        switch (in) {
          case START, AFTER -> openings.stream();
          case OPENED -> Stream.concat(tags.end().stream(), openings.stream());
          case THOUGHT -> Stream.concat(tags.end().stream(), anywhere.stream());
          case CALLED -> Stream.concat(tags.answerEnd().stream(), openings.stream());
          case ANSWER -> Stream.concat(tags.answerEnd().stream(), anywhere.stream());
        };
    List<Marker> all = new ArrayList<>(Marker.all(texts.toList(), tags.controls()));
    if (in == State.CALLED) {
      all.addAll(sectionEnds);
    }
    return List.copyOf(all);
  }

  private static List<Marker> triggers(State in, CallMarkers calls) {
    return switch (in) {
      case START, AFTER, CALLED ->
          calls.markers(Stream.concat(calls.triggers().stream(), calls.first().stream()).toList());
      case OPENED, THOUGHT, ANSWER -> calls.markers(calls.triggers());
    };
  }

  ReasoningTags tags() {
    return tags;
  }

  /// What counts here, tool calls aside.
  List<Marker> in(State state) {
    return markers.getOrDefault(state, List.of());
  }

  /// What begins tool calls here.
  List<Marker> triggersIn(State state) {
    return triggers.getOrDefault(state, List.of());
  }

  List<Marker> thoughtEnds() {
    return thoughtEnds;
  }

  /// Whether this may stand behind calls and is no part of the answer.
  boolean endsSection(String marker) {
    return sectionEnds.stream().anyMatch(end -> end.text().equals(marker));
  }
}
