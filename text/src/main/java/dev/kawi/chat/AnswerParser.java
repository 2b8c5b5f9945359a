package dev.kawi.chat;

import dev.kawi.chat.AnswerMarkers.State;
import dev.kawi.chat.Rendered.Origin;
import dev.kawi.chat.Rendered.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

// How it works. What came and is the beginning of a marker is held; everything before it is safe
// to hand out. In each state other markers count: before anything was said those that begin
// thoughts, within thoughts those that end them, and those that begin tool calls wherever these may
// stand. A held text that turns out to be no marker loses its first character, which is handed out,
// until the rest may be one again. Held is at most one marker, so that the work is linear in the
// text.
//
// Behind a marker that begins calls a Reading of the family's syntax takes over, and all that it
// takes is kept. If it is no call, what was kept goes through the machine again, only that no call
// can begin in it: so it comes out as if calls were not known, and each character goes through at
// most twice.
//
// White space next to a marker is layout and is left out. So white space is kept back as well until
// it is known what follows.

/// Takes a model's output apart, as it comes, into thoughts, tool calls and answer. Markers may be
/// spread over many pieces, and are part of none.
///
/// Thoughts are looked for before anything else is said, as llama.cpp does
/// (`common_chat_msg_parser::try_parse_reasoning`): an answer that explains `<think>` is an answer.
/// What only looks like a call stays text; a call within thoughts ends them if nothing but calls
/// follows, else it is a part of them. Only what the model says goes through the parser; what users
/// say is never a marker.
///
/// For one answer and one thread.
public final class AnswerParser {
  private final AnswerMarkers markers;
  private final ReasoningTags tags;
  private final Optional<CallDetection> calls;
  private final Consumer<? super ChatEvent> events;
  private final StringBuilder reasoning = new StringBuilder();
  private final StringBuilder text = new StringBuilder();
  private final List<ToolCall> toolCalls = new ArrayList<>();

  /// The beginning of a marker, and for each of its characters where it is from.
  private final StringBuilder held = new StringBuilder();

  private final StringBuilder origins = new StringBuilder();
  private final StringBuilder spaces = new StringBuilder();
  private final StringBuilder ready = new StringBuilder();
  private State state;

  /// Whether a marker stands before what comes, so that white space is layout.
  private boolean fresh;

  /// White space that stands between text before calls and text behind them.
  private String gap = "";

  /// Reads what may be calls; null elsewhere.
  private @Nullable Reading reading;

  /// All that it took, the marker before it included.
  private final StringBuilder raw = new StringBuilder();

  private final StringBuilder rawOrigins = new StringBuilder();

  /// Whether what goes through the machine was found to be no call.
  private boolean refuted;

  /// How many of the held characters no call can begin with.
  private int refutedHeld;

  /// Begins an answer.
  ///
  /// @param prompt what the model was given; it may have opened the thoughts, or opened and ended
  ///   them
  /// @param calls finds tool calls; empty where none are wanted, and then nothing is one
  /// @param events takes all events but [ChatEvent.Done]
  AnswerParser(
      AnswerMarkers markers,
      Optional<CallDetection> calls,
      Rendered prompt,
      Consumer<? super ChatEvent> events) {
    this.markers = markers;
    this.tags = markers.tags();
    this.calls = calls;
    this.events = events;
    String tail = tail(prompt);
    state = stateAfter(tail);
    fresh = state != State.START;
    if (state == State.START && calls.isPresent()) {
      calls.get().openedBy(tail).ifPresent(trigger -> reading = calls.get().reader(trigger));
    }
  }

  /// What the template itself says at the end of the prompt.
  private static String tail(Rendered prompt) {
    List<Segment> segments = prompt.segments();
    return segments.isEmpty() || segments.getLast().origin() == Origin.CONTENT
        ? ""
        : segments.getLast().text().stripTrailing();
  }

  private State stateAfter(String tail) {
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
    take(piece, Marker.TEXT);
  }

  /// Takes a control token, which is no text but may be a marker or part of one.
  ///
  /// @param token its text in the vocabulary
  public void acceptControl(String token) {
    take(token, Marker.CONTROL);
  }

  private void take(String piece, char origin) {
    for (int i = 0; i < piece.length(); i++) {
      step(piece.charAt(i), origin);
    }
    emit();
    if (reading != null && !isThinking()) {
      calls.ifPresent(detection -> detection.stream(events));
    }
  }

  private void step(char c, char origin) {
    if (reading != null) {
      raw.append(c);
      rawOrigins.append(origin);
      settle(reading, reading.take(c, origin));
      return;
    }
    held.append(c);
    origins.append(origin);
    refutedHeld += refuted ? 1 : 0;
    settle();
  }

  private void settle(Reading calling, Reading.Status status) {
    switch (status) {
      case READING -> {}
      case ENDED -> called(calling.unread());
      case FAILED -> refute(calling.unread());
    }
  }

  private boolean isThinking() {
    return state == State.OPENED || state == State.THOUGHT;
  }

  /// Goes over to reading calls.
  private void open(Marker trigger) {
    emit();
    raw.append(held);
    rawOrigins.append(origins);
    held.setLength(0);
    origins.setLength(0);
    reading = calls.orElseThrow().reader(trigger.text());
    if (isThinking()) {
      reading = new CallsInThought(calls.get(), reading, markers.thoughtEnds());
    }
  }

  /// The calls are whole, but for the last characters, which belong to what follows.
  private void called(int unread) {
    int end = raw.length() - unread;
    List<ToolCall> whole = calls.orElseThrow().commit(events);
    toolCalls.addAll(whole);
    gap = text.isEmpty() || whole.isEmpty() ? "" : gap + spaces;
    spaces.setLength(0);
    state = whole.isEmpty() ? State.AFTER : State.CALLED;
    fresh = true;
    again(end, end);
  }

  /// There were no calls; only the last characters may begin some.
  private void refute(int loose) {
    calls.orElseThrow().rollback();
    again(0, raw.length() - loose);
  }

  /// Puts what was read through the machine again.
  ///
  /// @param from the first character that goes through
  /// @param free the first in which calls may begin
  private void again(int from, int free) {
    String chars = raw.toString();
    String sources = rawOrigins.toString();
    raw.setLength(0);
    rawOrigins.setLength(0);
    reading = null;
    for (int i = from; i < chars.length(); i++) {
      refuted = i < free;
      step(chars.charAt(i), sources.charAt(i));
    }
    refuted = false;
  }

  /// Ends the answer: hands out what was held back. A marker that began with a control token and
  /// was cut off is no text and is left out.
  public void finish() {
    if (reading != null) {
      settle(reading, reading.finish());
    }
    if (!held.isEmpty() && origins.charAt(0) == Marker.CONTROL) {
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

  /// The tool calls so far.
  public List<ToolCall> toolCalls() {
    return List.copyOf(toolCalls);
  }

  /// The answer so far, as a message.
  public Message.Assistant message() {
    return new Message.Assistant(text(), reasoning(), toolCalls());
  }

  /// Releases held characters until the rest is the beginning of a marker, or passes a marker that
  /// is complete.
  private void settle() {
    while (!held.isEmpty()) {
      Marker marker = begun(markers.in(state));
      Marker trigger = refutedHeld == 0 ? begun(markers.triggersIn(state)) : null;
      if (marker != null && isWhole(marker)) {
        pass(marker.text());
      } else if (trigger != null && isWhole(trigger)) {
        open(trigger);
      } else if (marker == null && trigger == null) {
        release();
        continue;
      }
      return;
    }
  }

  private boolean isWhole(Marker marker) {
    return marker.text().length() == held.length();
  }

  /// The marker that the held text begins; null if there is none.
  private @Nullable Marker begun(List<Marker> candidates) {
    for (Marker marker : candidates) {
      if (marker.beginsWith(held, origins)) {
        return marker;
      }
    }
    return null;
  }

  private void pass(String marker) {
    emit();
    held.setLength(0);
    origins.setLength(0);
    refutedHeld = 0;
    spaces.setLength(0);
    if (state != State.CALLED || !markers.endsSection(marker)) {
      state = tags.begin().contains(marker) ? State.OPENED : State.AFTER;
    }
    fresh = true;
  }

  private void release() {
    char first = held.charAt(0);
    char origin = origins.charAt(0);
    held.deleteCharAt(0);
    origins.deleteCharAt(0);
    refutedHeld = Math.max(0, refutedHeld - 1);
    if (origin == Marker.TEXT) {
      show(first);
    }
  }

  private void show(char c) {
    if (Character.isWhitespace(c) && (state != State.ANSWER || mayEndInLayout())) {
      spaces.append(c);
      return;
    }
    if (fresh) {
      spaces.setLength(0);
      spaces.append(gap);
      gap = "";
      fresh = false;
    }
    state =
        switch (state) {
          case OPENED, THOUGHT -> State.THOUGHT;
          case START, AFTER, CALLED, ANSWER -> State.ANSWER;
        };
    ready.append(spaces).append(c);
    spaces.setLength(0);
  }

  /// Whether a marker may follow an answer, so that white space may turn out to be layout.
  private boolean mayEndInLayout() {
    return !tags.answerEnd().isEmpty() || calls.isPresent();
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
