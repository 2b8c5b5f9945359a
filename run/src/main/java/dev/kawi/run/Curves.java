package dev.kawi.run;

import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The metrics of a run as diagrams over its steps: as PNG for papers and chats, and as a page that
/// needs a browser but no network. `loss` and `eval_loss` share a diagram; a metric that jitters is
/// drawn pale, with its moving average of weight 0.9 over it.
public final class Curves {
  static final double SMOOTHING = 0.9;
  private static final int LEAST_TO_SMOOTH = 20;
  private static final int MOST_POINTS = 2000;
  private static final String EVALUATED = "eval_";

  /// These follow a plan and do not jitter.
  private static final Set<String> PLANNED = Set.of("learning_rate", "lr", "epoch");

  /// A metric in a diagram.
  ///
  /// @param raw as it was reported
  /// @param smooth its moving average; none if there is nothing to smooth
  record Line(Curve raw, Optional<Curve> smooth) {
    static Line of(Series series) {
      Curve raw = Curve.of(series);
      boolean jitters = series.size() >= LEAST_TO_SMOOTH && !PLANNED.contains(series.name());
      return new Line(
          raw.thinned(MOST_POINTS),
          jitters ? Optional.of(raw.smoothed(SMOOTHING).thinned(MOST_POINTS)) : Optional.empty());
    }
  }

  /// A diagram.
  ///
  /// @param name of the metric, without `eval_`
  /// @param lines one or more
  record Panel(String name, List<Line> lines) {}

  private final RunReader run;
  private final List<Panel> panels;

  private Curves(RunReader run, List<Panel> panels) {
    this.run = run;
    this.panels = panels;
  }

  /// The curves of a run as it is now.
  ///
  /// @throws RunException if no metric has been reported
  public static Curves of(RunReader run) {
    Map<String, List<Line>> byName = new LinkedHashMap<>();
    for (Series series : run.series().values()) {
      String name =
          series.name().startsWith(EVALUATED)
              ? series.name().substring(EVALUATED.length())
              : series.name();
      byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(Line.of(series));
    }
    if (byName.isEmpty()) {
      throw new RunException(
          Reason.NOT_FOUND, "the run %s has reported no metric to draw".formatted(run.id()));
    }
    List<Panel> panels = new ArrayList<>();
    byName.forEach((name, lines) -> panels.add(new Panel(name, List.copyOf(lines))));
    return new Curves(run, panels);
  }

  RunReader run() {
    return run;
  }

  List<Panel> panels() {
    return panels;
  }

  /// The diagrams as one picture, in two columns.
  ///
  /// @return a PNG file
  /// @throws RunException if the system has no fonts to write with
  public byte[] png() throws IOException {
    return CurvesPicture.png(this);
  }

  /// The diagrams as one page.
  ///
  /// @return an HTML file that refers to nothing outside of itself
  public String html() throws IOException {
    return CurvesPage.html(this);
  }

  /// Writes both into the run's folder, as `curves.png` and `curves.html`, each whole or not at
  /// all.
  ///
  /// @return the two files
  public List<Path> write() throws IOException {
    Path picture = run.folder().resolve("curves.png");
    Path page = run.folder().resolve("curves.html");
    AtomicFile.write(picture, png());
    AtomicFile.write(page, html());
    return List.of(picture, page);
  }
}
