package dev.kawi.chat;

import java.util.ArrayList;
import java.util.List;

// How it works. Who thinks about calls may write one down as an example. What tells is what
// follows:
// a model that calls a tool waits for its result, and one that thinks goes on. So calls within
// thoughts are calls if only calls follow, and perhaps the end of the thoughts, up to the end of
// the
// output.

/// Reads calls that begin within thoughts.
final class CallsInThought implements Reading {
  private enum Station {
    CALL,
    BEHIND_CALL,
    BEHIND_THOUGHTS
  }

  private final CallDetection calls;
  private final List<Marker> thoughtEnds;
  private final StringBuilder chars = new StringBuilder();
  private final StringBuilder origins = new StringBuilder();
  private Reading call;
  private LiteralMatcher next;
  private Station station = Station.CALL;
  private int unread;

  /// @param call reads the first call
  CallsInThought(CallDetection calls, Reading call, List<Marker> thoughtEnds) {
    this.calls = calls;
    this.call = call;
    this.thoughtEnds = thoughtEnds;
    this.next = waitForNext();
  }

  private LiteralMatcher waitForNext() {
    List<Marker> all = new ArrayList<>(thoughtEnds);
    all.addAll(calls.sectionEnds());
    all.addAll(calls.triggers());
    return new LiteralMatcher(all);
  }

  @Override
  public int unread() {
    return unread;
  }

  @Override
  public Status take(char c, char origin) {
    unread = 0;
    return switch (station) {
      case CALL -> call(c, origin);
      case BEHIND_CALL -> next(c, origin);
      case BEHIND_THOUGHTS -> Character.isWhitespace(c) ? Status.READING : failed(1);
    };
  }

  private Status call(char c, char origin) {
    chars.append(c);
    origins.append(origin);
    return switch (call.take(c, origin)) {
      case READING -> Status.READING;
      case FAILED -> failed(call.unread());
      case ENDED -> {
        station = Station.BEHIND_CALL;
        next = waitForNext();
        yield again(chars.length() - call.unread());
      }
    };
  }

  /// Takes characters again that the call turned out not to have.
  private Status again(int from) {
    String rest = chars.substring(from);
    String sources = origins.substring(from);
    chars.setLength(0);
    origins.setLength(0);
    Status status = Status.READING;
    for (int i = 0; i < rest.length() && status == Status.READING; i++) {
      status = take(rest.charAt(i), sources.charAt(i));
      unread += status == Status.READING ? 0 : rest.length() - 1 - i;
    }
    return status;
  }

  private Status next(char c, char origin) {
    return switch (next.take(c, origin)) {
      case MORE -> Status.READING;
      case FAILED -> failed(next.taken());
      case MATCHED -> {
        String marker = next.matched();
        next = waitForNext();
        if (thoughtEnds.stream().anyMatch(end -> end.text().equals(marker))) {
          station = Station.BEHIND_THOUGHTS;
        } else if (calls.triggers().stream().anyMatch(trigger -> trigger.text().equals(marker))) {
          station = Station.CALL;
          call = calls.reader(marker);
        }
        yield Status.READING;
      }
    };
  }

  @Override
  public Status finish() {
    return station == Station.CALL ? call.finish() : Status.ENDED;
  }

  private Status failed(int loose) {
    unread = loose;
    return Status.FAILED;
  }
}
