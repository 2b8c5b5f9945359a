package dev.kawi.cli;

import dev.kawi.run.Event;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Events of runs as people read them.
final class RunLines {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

  private RunLines() {}

  /// An event on one line.
  static String line(Event event) {
    return switch (event) {
      case Event.Damaged d -> "a damaged line: " + clean(d.line());
      case Event.State _,
          Event.Progress _,
          Event.Metric _,
          Event.Warning _,
          Event.Sample _,
          Event.Artefact _,
          Event.Other _ ->
          TIME.format(event.at()) + "  " + text(event);
    };
  }

  /// What an event says, on one line.
  static String text(Event event) {
    return clean(
        switch (event) {
          case Event.State s ->
              s.state().word()
                  + s.reason().map(reason -> ": " + reason).orElse("")
                  + (s.summary().isEmpty() ? "" : ": " + values(s.summary()));
          case Event.Progress p -> progress(p);
          case Event.Metric m -> "step %d: %s".formatted(m.step(), values(m.values()));
          case Event.Warning w -> "warning: " + w.text();
          case Event.Sample s -> "step %d: %s -> %s".formatted(s.step(), s.prompt(), s.text());
          case Event.Artefact a -> "written: " + a.path();
          case Event.Other o -> "%s: %s".formatted(o.kind(), values(o.fields()));
          case Event.Damaged d -> d.line();
        });
  }

  /// A text on one line, without what steers a terminal: models write what they like.
  static String clean(String text) {
    return text.replace("\n", "\\n").replaceAll("\\p{Cntrl}", "?");
  }

  /// How much is done, and the time left.
  static String progress(Event.Progress p) {
    String left = p.secondsLeft().map(s -> ", " + Progress.duration(s) + " left").orElse("");
    return "%d of %d %s%s".formatted(p.done(), p.total(), p.unit(), left);
  }

  /// Names and values.
  static String values(Map<String, ?> values) {
    return values.entrySet().stream()
        .map(e -> e.getKey() + " " + value(e.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String value(Object value) {
    return value instanceof Double d ? String.format(Locale.ROOT, "%.5g", d) : value.toString();
  }
}
