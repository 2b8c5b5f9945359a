package dev.kawi.chat;

import java.util.ArrayList;
import java.util.List;

// How it works. Whatever the syntax, a call goes through the same stations: the marker of the call
// behind the one of its section, the body, which each syntax reads in its own way, and the end. The
// end may be missing where the output ends or the next call begins: models often leave it out.

/// Reads tool calls as they come, from behind the marker that began them to their end. What does
/// not follow the syntax, or calls a tool that is not known, is no call.
abstract class CallReader implements Reading {
  /// How far the body is.
  enum Body {
    READING,
    /// It ended with this character; the end of the call is to come.
    WHOLE,
    /// It ended with this character, and so did the call.
    CLOSED,
    FAILED
  }

  private enum Station {
    LEAD,
    BODY,
    END
  }

  private final CallContext context;
  private final LiteralMatcher lead;
  private final LiteralMatcher end;
  private Station station;
  private int unread;

  CallReader(CallContext context) {
    this.context = context;
    CallMarkers markers = context.markers();
    lead = context.waitFor(markers.call());
    List<String> ends = new ArrayList<>(markers.callEnd());
    ends.addAll(markers.triggers());
    ends.addAll(markers.first());
    end = context.waitFor(ends.stream().distinct().toList());
    station = context.isInSection() ? Station.LEAD : Station.BODY;
  }

  /// Takes the next character of the body.
  abstract Body body(char c, char origin);

  /// Ends the body where the output ends.
  abstract Body endOfBody();

  /// Whether the body ends before this character, which is not part of it.
  boolean endsBefore() {
    return false;
  }

  CallContext context() {
    return context;
  }

  @Override
  public final int unread() {
    return unread;
  }

  @Override
  public final Status take(char c, char origin) {
    return switch (station) {
      case LEAD -> lead(c, origin);
      case BODY -> readBody(c, origin);
      case END -> end(c, origin);
    };
  }

  private Status lead(char c, char origin) {
    return switch (lead.take(c, origin)) {
      case MORE -> Status.READING;
      case MATCHED -> {
        station = Station.BODY;
        yield Status.READING;
      }
      case FAILED -> failed(lead.taken());
    };
  }

  private Status readBody(char c, char origin) {
    return switch (body(c, origin)) {
      case READING -> Status.READING;
      case FAILED -> failed(1);
      case CLOSED -> ended(0);
      case WHOLE -> {
        if (context.markers().callEnd().isEmpty()) {
          yield ended(endsBefore() ? 1 : 0);
        }
        station = Station.END;
        yield endsBefore() ? end(c, origin) : Status.READING;
      }
    };
  }

  private Status end(char c, char origin) {
    return switch (end.take(c, origin)) {
      case MORE -> Status.READING;
      case MATCHED -> ended(context.markers().callEnd().contains(end.matched()) ? 0 : end.taken());
      case FAILED -> failed(end.taken());
    };
  }

  @Override
  public final Status finish() {
    boolean whole =
        switch (station) {
          case LEAD -> false;
          case BODY -> endOfBody() == Body.WHOLE;
          case END -> true;
        };
    unread = 0;
    return whole ? Status.ENDED : Status.FAILED;
  }

  private Status ended(int behind) {
    unread = behind;
    return Status.ENDED;
  }

  private Status failed(int loose) {
    unread = loose;
    return Status.FAILED;
  }
}
