package dev.kawi.chat;

import dev.kawi.chat.Rendered.Origin;
import dev.kawi.chat.Rendered.Segment;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

// How it works. What came and is the beginning of a marker is held; everything before it is safe
// to hand out. In each state other markers count: before anything was said those that begin
// thoughts, within thoughts those that end them. A held text that turns out to be no marker loses
// its first character, which is handed out, until the rest may be one again. Held is at most one
// marker, so that the work is linear in the text.
//
// White space next to a marker is layout and is left out. So white space is kept back as well until
// it is known what follows.

/// Takes a model's output apart, as it comes, into thoughts and answer. Markers may be spread over
/// many pieces, and are part of neither.
///
/// Thoughts are looked for before anything else is said, as llama.cpp does
/// (`common_chat_msg_parser::try_parse_reasoning`): an answer that explains `<think>` is an answer.
/// Only what the model says goes through it; what users say is never a marker.
///
/// For one answer and one thread.
public final class ReasoningSplitter {
  private enum State {
    /// Nothing was said.
    START,
    /// Within thoughts, of which there are none so far.
    OPENED,
    /// Within thoughts.
    THOUGHT,
    /// Behind a marker, before the answer or before thoughts again.
    AFTER,
    /// Within the answer.
    ANSWER
  }

  /// A marker.
  ///
  /// @param origins where each of its characters has to come from; empty if that does not matter
  private record Marker(String text, String origins) {
    boolean beginsWith(String start, String from) {
      return text.startsWith(start) && (origins.isEmpty() || origins.startsWith(from));
    }
  }

  private static final char TEXT = 't';
  private static final char CONTROL = 'c';

  private final ReasoningTags tags;
  private final Consumer<? super ChatEvent> events;
  private final Map<State, List<Marker>> markers = new EnumMap<>(State.class);
  private final StringBuilder reasoning = new StringBuilder();
  private final StringBuilder text = new StringBuilder();

  /// The beginning of a marker, and for each of its characters where it is from.
  private final StringBuilder held = new StringBuilder();

  private final StringBuilder origins = new StringBuilder();
  private final StringBuilder spaces = new StringBuilder();
  private final StringBuilder ready = new StringBuilder();
  private State state;

  /// Whether a marker stands before what comes, so that white space is layout.
  private boolean fresh;

  /// Begins an answer.
  ///
  /// @param prompt what the model was given; it may have opened the thoughts, or opened and ended
  ///   them
  /// @param events takes [ChatEvent.Reasoning] and [ChatEvent.Text]
  public ReasoningSplitter(
      ReasoningTags tags, Rendered prompt, Consumer<? super ChatEvent> events) {
    this.tags = tags;
    this.events = events;
    for (State each : State.values()) {
      markers.put(each, markers(each));
    }
    state = stateAfter(prompt);
    fresh = state != State.START;
  }

  private List<Marker> markers(State in) {
    List<String> openings =
        Stream.of(tags.begin(), tags.answerBegin(), tags.between()).flatMap(List::stream).toList();
    List<String> anywhere = tags.rounds() == ReasoningTags.Rounds.MANY ? openings : List.of();
    List<String> texts =
        switch (in) {
          case START, AFTER -> openings;
          case OPENED -> Stream.concat(tags.end().stream(), openings.stream()).toList();
          case THOUGHT -> Stream.concat(tags.end().stream(), anywhere.stream()).toList();
          case ANSWER -> Stream.concat(tags.answerEnd().stream(), anywhere.stream()).toList();
        };
    return texts.stream().map(text -> new Marker(text, originsOf(text))).toList();
  }

  private String originsOf(String marker) {
    if (tags.controls().isEmpty()) {
      return "";
    }
    StringBuilder from = new StringBuilder(String.valueOf(TEXT).repeat(marker.length()));
    for (String token : tags.controls()) {
      for (int at = marker.indexOf(token); at >= 0; at = marker.indexOf(token, at + 1)) {
        from.replace(at, at + token.length(), String.valueOf(CONTROL).repeat(token.length()));
      }
    }
    return from.toString();
  }

  /// Where the text of the template that the prompt ends with leaves off.
  private State stateAfter(Rendered prompt) {
    List<Segment> segments = prompt.segments();
    if (segments.isEmpty() || segments.getLast().origin() == Origin.CONTENT) {
      return State.START;
    }
    String tail = segments.getLast().text().stripTrailing();
    if (endsIn(tail, tags.begin())) {
      return State.OPENED;
    }
    boolean thought = tags.rounds() == ReasoningTags.Rounds.ONE && endsIn(tail, tags.end());
    return thought || endsIn(tail, tags.answerBegin()) ? State.AFTER : State.START;
  }

  private static boolean endsIn(String tail, List<String> markers) {
    return markers.stream().anyMatch(marker -> tail.endsWith(marker.stripTrailing()));
  }

  /// Takes the next piece of text.
  public void accept(String piece) {
    take(piece, TEXT);
  }

  /// Takes a control token, which is no text but may be a marker or part of one.
  ///
  /// @param token its text in the vocabulary
  public void acceptControl(String token) {
    take(token, CONTROL);
  }

  private void take(String piece, char origin) {
    for (int i = 0; i < piece.length(); i++) {
      held.append(piece.charAt(i));
      origins.append(origin);
      settle();
    }
    emit();
  }

  /// Ends the answer: hands out what was held back. A marker that began with a control token and
  /// was cut off is no text and is left out.
  public void finish() {
    if (!held.isEmpty() && origins.charAt(0) == CONTROL) {
      held.setLength(0);
      origins.setLength(0);
    }
    while (!held.isEmpty()) {
      release();
      settle();
    }
    if (!fresh) {
      ready.append(spaces);
    }
    spaces.setLength(0);
    emit();
  }

  /// All thoughts so far.
  public String reasoning() {
    return reasoning.toString();
  }

  /// All of the answer so far.
  public String text() {
    return text.toString();
  }

  /// Releases held characters until the rest is the beginning of a marker, or passes a marker that
  /// is complete.
  private void settle() {
    while (!held.isEmpty()) {
      String marker = begun();
      if (marker.isEmpty()) {
        release();
      } else {
        if (marker.length() == held.length()) {
          pass(marker);
        }
        return;
      }
    }
  }

  /// The marker that the held text begins; empty if there is none.
  private String begun() {
    String start = held.toString();
    String from = origins.toString();
    for (Marker marker : markers.getOrDefault(state, List.of())) {
      if (marker.beginsWith(start, from)) {
        return marker.text();
      }
    }
    return "";
  }

  private void pass(String marker) {
    emit();
    held.setLength(0);
    origins.setLength(0);
    spaces.setLength(0);
    state = tags.begin().contains(marker) ? State.OPENED : State.AFTER;
    fresh = true;
  }

  private void release() {
    char first = held.charAt(0);
    char origin = origins.charAt(0);
    held.deleteCharAt(0);
    origins.deleteCharAt(0);
    if (origin == TEXT) {
      show(first);
    }
  }

  private void show(char c) {
    if (Character.isWhitespace(c) && (state != State.ANSWER || !tags.answerEnd().isEmpty())) {
      spaces.append(c);
      return;
    }
    if (fresh) {
      spaces.setLength(0);
      fresh = false;
    }
    state =
        switch (state) {
          case OPENED, THOUGHT -> State.THOUGHT;
          case START, AFTER, ANSWER -> State.ANSWER;
        };
    ready.append(spaces).append(c);
    spaces.setLength(0);
  }

  private void emit() {
    if (ready.isEmpty()) {
      return;
    }
    String piece = ready.toString();
    ready.setLength(0);
    if (state == State.THOUGHT) {
      reasoning.append(piece);
      events.accept(new ChatEvent.Reasoning(piece));
    } else {
      text.append(piece);
      events.accept(new ChatEvent.Text(piece));
    }
  }
}
