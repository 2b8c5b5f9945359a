package dev.kawi.cli;

import dev.kawi.run.Curves;
import dev.kawi.run.Event;
import dev.kawi.run.EventBatch;
import dev.kawi.run.RunDescription;
import dev.kawi.run.RunReader;
import dev.kawi.run.RunRequest;
import dev.kawi.run.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi runs show ID`: what was asked, how it stands, what came out.
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Show what a run was asked, how it stands and what came out, or draw its curves.",
    footer = {
      "",
      "Examples:",
      "  kawi runs show tune-sft-20261130",
      "  kawi runs show tune-sft-20261130 --html curves.html --png curves.png",
    })
final class RunsShow implements Callable<Integer> {
  private static final int LABEL_COLUMNS = 11;
  private static final int MOST_WARNINGS = 10;

  private final Console console;

  @Parameters(paramLabel = "ID", description = "A run, or its folder.")
  private String id = "";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Write its curves as a page.")
  private Optional<Path> html = Optional.empty();

  @Option(names = "--png", paramLabel = "FILE", description = "Write its curves as a picture.")
  private Optional<Path> png = Optional.empty();

  @Mixin private NewFile files = new NewFile();

  RunsShow(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    RunReader run = RunsCommand.existing(id);
    if (html.isPresent() || png.isPresent()) {
      draw(run);
      return 0;
    }
    Map<String, Object> facts = facts(run);
    if (json) {
      Json.print(console, facts);
    } else {
      print(facts);
    }
    return 0;
  }

  private void draw(RunReader run) throws IOException {
    html.ifPresent(files::check);
    png.ifPresent(files::check);
    Curves curves = Curves.of(run);
    if (html.isPresent()) {
      files.write(html.get(), curves.html());
      console.say("written: " + html.get());
    }
    if (png.isPresent()) {
      files.write(png.get(), curves.png());
      console.say("written: " + png.get());
    }
  }

  private static Map<String, Object> facts(RunReader run) throws IOException {
    RunDescription description = run.description();
    RunRequest request = description.request();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("id", run.id());
    facts.put("command", request.command());
    RunState state = run.state();
    facts.put("state", state.word());
    run.recordedState()
        .filter(last -> last.state() == state)
        .flatMap(Event.State::reason)
        .ifPresent(reason -> facts.put("reason", reason));
    run.progress()
        .ifPresent(
            p -> facts.put("progress", "%d of %d %s".formatted(p.done(), p.total(), p.unit())));
    facts.put("begun", description.created().toString());
    facts.put("folder", run.folder().toString());
    facts.put("arguments", request.arguments());
    facts.put("directory", description.directory().toString());
    facts.put("config", request.config());
    facts.put("inputs", request.inputs());
    facts.put("seeds", request.seeds());
    facts.put("versions", request.versions());
    Map<String, Object> metrics = new LinkedHashMap<>();
    run.series().forEach((name, series) -> metrics.put(name, series.last()));
    facts.put("metrics", metrics);
    addEvents(run, facts);
    facts.put("summary", run.recordedState().map(Event.State::summary).orElse(Map.of()));
    return facts;
  }

  private static void addEvents(RunReader run, Map<String, Object> facts) {
    List<String> warnings = new ArrayList<>();
    List<String> artefacts = new ArrayList<>();
    EventBatch batch = run.events(0);
    for (; !batch.events().isEmpty(); batch = run.events(batch.next())) {
      for (Event event : batch.events()) {
        if (event instanceof Event.Warning(var _, String text)) {
          warnings.add(RunLines.clean(text));
        } else if (event instanceof Event.Artefact(var _, String path)
            && !artefacts.contains(path)) {
          artefacts.add(path);
        }
      }
    }
    facts.put(
        "warnings",
        warnings.subList(Math.max(0, warnings.size() - MOST_WARNINGS), warnings.size()));
    facts.put("artefacts", artefacts);
  }

  private void print(Map<String, Object> facts) {
    facts.forEach((name, value) -> {
      String label = name + " ".repeat(LABEL_COLUMNS - name.length());
      for (String line : lines(name, value)) {
        console.out().println(label + line);
        label = " ".repeat(LABEL_COLUMNS);
      }
    });
  }

  private static List<String> lines(String name, Object value) {
    return switch (value) {
      case Map<?, ?> map ->
          map.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList();
      case List<?> list when name.equals("arguments") ->
          list.isEmpty()
              ? List.of()
              : List.of("kawi " + String.join(" ", list.stream().map(String::valueOf).toList()));
      case List<?> list -> list.stream().map(String::valueOf).toList();
      default -> List.of(value.toString());
    };
  }
}
