package dev.kawi.cli;

import dev.kawi.run.Event;
import dev.kawi.run.RunEntry;
import dev.kawi.run.RunReader;
import dev.kawi.run.RunRegistry;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `kawi runs`: what runs for long, or did.
@Command(
    name = "runs",
    mixinStandardHelpOptions = true,
    subcommands = {
      RunsShow.class,
      RunsLog.class,
      RunsPause.class,
      RunsCancel.class,
      RunsResume.class,
      RunsRm.class,
    },
    synopsisSubcommandLabel = "[COMMAND]",
    description = {
      "List what runs for long, the newest first: tunings, quantizations, evaluations and the like.",
      "A run is named by its ID, by the beginning of one, or by its folder.",
    },
    footer = {
      "",
      "Examples:",
      "  kawi runs",
      "  kawi runs show tune-sft-20261130",
      "  kawi runs log tune-sft-20261130 --follow",
      "  kawi runs resume tune-sft-20261130",
    })
final class RunsCommand implements Callable<Integer> {
  private static final String GONE = "gone";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final Console console;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  RunsCommand(Console console) {
    this.console = console;
  }

  /// The run of this name, with its folder.
  static RunReader existing(String name) throws IOException {
    RunEntry entry = RunRegistry.fromEnvironment().find(name);
    return entry
        .run()
        .orElseThrow(() ->
            new CommandFailure(
                "the folder of the run %s is gone (it was %s); kawi runs rm %s takes it off the list"
                    .formatted(entry.id(), entry.folder(), entry.id())));
  }

  static String time(Instant instant) {
    return TIME.format(instant);
  }

  @Override
  public Integer call() throws IOException {
    List<RunEntry> runs = RunRegistry.fromEnvironment().list();
    if (json) {
      List<Row> rows = new ArrayList<>();
      for (RunEntry run : runs) {
        rows.add(Row.of(run));
      }
      Json.print(console, rows.stream().map(Row::fields).toList());
    } else if (runs.isEmpty()) {
      console.say("no runs yet");
    } else {
      print(runs);
    }
    return 0;
  }

  private void print(List<RunEntry> runs) throws IOException {
    Table table = Table.of("ID", "STATE", ">DONE", ">LEFT", "BEGUN", "FOLDER");
    for (RunEntry entry : runs) {
      Row row = Row.of(entry);
      table.row(
          entry.id(),
          row.state(),
          row.progress()
              .map(p -> String.format(Locale.ROOT, "%.0f %%", Math.floor(100 * p.part())))
              .orElse(""),
          row.left().map(Progress::duration).orElse(""),
          time(entry.created()),
          entry.folder().toString());
    }
    table.print(console);
  }

  /// A run as it is listed.
  private record Row(RunEntry entry, String state, Optional<Event.Progress> progress) {
    static Row of(RunEntry entry) throws IOException {
      if (entry.run().isEmpty()) {
        return new Row(entry, GONE, Optional.empty());
      }
      RunReader run = entry.run().get();
      return new Row(entry, run.state().word(), run.progress());
    }

    /// The time left, while somebody works on it.
    Optional<Double> left() {
      return state.equals("running")
          ? progress.flatMap(Event.Progress::secondsLeft)
          : Optional.empty();
    }

    Map<String, Object> fields() {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("id", entry.id());
      fields.put("command", entry.command());
      fields.put("state", state);
      fields.put("created", entry.created().toString());
      fields.put("folder", entry.folder().toString());
      progress.ifPresent(p -> {
        fields.put("done", p.done());
        fields.put("total", p.total());
        fields.put("unit", p.unit());
      });
      left().ifPresent(seconds -> fields.put("secondsLeft", seconds));
      return fields;
    }
  }
}
