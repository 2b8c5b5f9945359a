package dev.kawi.cli;

import dev.kawi.run.Event;
import dev.kawi.run.EventJson;
import dev.kawi.run.RunListener;
import java.util.Map;

/// Shows a run where it is worked on: a bar with the time left and what is worth a line, on stderr;
/// or its events as lines of JSON, on stdout.
final class RunDisplay implements RunListener, AutoCloseable {
  /// For whom.
  enum Form {
    PERSON,
    SCRIPT
  }

  private final Console console;
  private final Form form;
  private final Progress bar;
  private Map<String, Double> values = Map.of();

  RunDisplay(Console console, String title, Form form) {
    this.console = console;
    this.form = form;
    this.bar = new Progress(console, title);
  }

  @Override
  public void event(Event event) {
    if (form == Form.SCRIPT) {
      console.out().println(EventJson.line(event));
      return;
    }
    switch (event) {
      case Event.Progress p -> {
        String measured = values.isEmpty() ? "" : ", " + RunLines.values(values);
        bar.update(p.part(), RunLines.progress(p) + measured);
      }
      case Event.Metric m -> values = m.values();
      case Event.Warning _, Event.Sample _, Event.Artefact _ -> say(RunLines.text(event));
      case Event.State _, Event.Other _, Event.Damaged _ -> {}
    }
  }

  private void say(String line) {
    bar.close();
    console.say(line);
  }

  @Override
  public void close() {
    bar.close();
  }
}
