package dev.kawi.run;

import dev.kawi.run.Curves.Line;
import dev.kawi.run.Curves.Panel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

// How it works. The page is one file: `curves.html` with its style and script, uPlot and the values
// put in. The values go in as JSON in which no < is left, so that nothing in it can end the element
// it
// is in; the script shows it as text, never as HTML. The page forbids itself the network.

/// Draws curves as a page, by uPlot.
final class CurvesPage {
  private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private CurvesPage() {}

  static String html(Curves curves) throws IOException {
    return resource("curves.html")
        .replace("{{uplot.css}}", resource(UPLOT + "uPlot.min.css"))
        .replace("{{style}}", resource("curves.css"))
        .replace("{{uplot.js}}", resource(UPLOT + "uPlot.iife.min.js"))
        .replace("{{script}}", resource("curves.js"))
        .replace("{{data}}", MAPPER.writeValueAsString(data(curves)).replace("<", "\\u003c"));
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = CurvesPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("Bug: " + name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, Object> data(Curves curves) throws IOException {
    RunDescription description = curves.run().description();
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("id", description.id());
    data.put("command", description.request().command());
    data.put("created", description.created().toString());
    data.put("state", curves.run().state().word());
    data.put("summary", curves.run().recordedState().map(Event.State::summary).orElse(Map.of()));
    data.put("smoothing", Curves.SMOOTHING);
    data.put("panels", curves.panels().stream().map(CurvesPage::panel).toList());
    return data;
  }

  private static Map<String, Object> panel(Panel panel) {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (Line line : panel.lines()) {
      lines.add(line(line.raw(), line.smooth().isPresent() ? "pale" : "plain"));
      line.smooth().ifPresent(smooth -> lines.add(line(smooth, "smooth")));
    }
    return Map.of("name", panel.name(), "lines", lines);
  }

  private static Map<String, Object> line(Curve curve, String kind) {
    List<@Nullable Double> values = new ArrayList<>();
    for (double value : curve.values()) {
      values.add(Double.isFinite(value) ? value : null);
    }
    return Map.of("name", curve.name(), "kind", kind, "steps", curve.steps(), "values", values);
  }
}
