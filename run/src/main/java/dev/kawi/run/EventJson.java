package dev.kawi.run;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Events as lines of JSON: `{"at": TIME, "event": KIND, ...}`. A value that JSON has no number for
/// is one of the texts `NaN`, `Infinity` and `-Infinity`.
public final class EventJson {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final TypeReference<LinkedHashMap<String, Object>> FIELDS =
      new TypeReference<>() {};
  private static final int SHOWN = 80;

  private EventJson() {}

  /// The event as a line, without its end.
  public static String line(Event event) {
    return event instanceof Event.Damaged(String line)
        ? line
        : MAPPER.writeValueAsString(fields(event));
  }

  private static Map<String, Object> fields(Event event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("at", event.at().truncatedTo(ChronoUnit.MILLIS).toString());
    switch (event) {
      case Event.State s -> {
        fields.put("event", "state");
        fields.put("state", s.state().word());
        s.reason().ifPresent(reason -> fields.put("reason", reason));
        if (!s.summary().isEmpty()) {
          fields.put("summary", s.summary());
        }
        fields.put("pid", s.pid());
      }
      case Event.Progress p -> {
        fields.put("event", "progress");
        fields.put("done", p.done());
        fields.put("total", p.total());
        fields.put("unit", p.unit());
        p.secondsLeft().ifPresent(left -> fields.put("secondsLeft", Math.round(left * 10) / 10.0));
      }
      case Event.Metric m -> {
        fields.put("event", "metric");
        fields.put("step", m.step());
        fields.put("values", m.values());
      }
      case Event.Warning w -> {
        fields.put("event", "warning");
        fields.put("text", w.text());
      }
      case Event.Sample s -> {
        fields.put("event", "sample");
        fields.put("step", s.step());
        fields.put("prompt", s.prompt());
        fields.put("text", s.text());
      }
      case Event.Artefact a -> {
        fields.put("event", "artefact");
        fields.put("path", a.path());
      }
      case Event.Other o -> {
        fields.put("event", o.kind());
        fields.putAll(o.fields());
      }
      case Event.Damaged d -> throw new IllegalStateException("Bug: written as an event: " + d);
    }
    return fields;
  }

  /// The event of a line.
  public static Event parse(String line) {
    try {
      JsonNode json = MAPPER.readTree(line);
      return json.isObject() ? event(json) : damaged(line);
    } catch (JacksonException | DateTimeException | IllegalArgumentException e) {
      return damaged(line);
    }
  }

  private static Event.Damaged damaged(String line) {
    return new Event.Damaged(line.substring(0, Math.min(SHOWN, line.length())));
  }

  private static Event event(JsonNode json) {
    Instant at = Instant.parse(json.path("at").asString());
    String kind = json.path("event").asString();
    return switch (kind) {
      case "state" ->
          new Event.State(
              at,
              RunState.valueOf(json.path("state").asString().toUpperCase(Locale.ROOT)),
              Optional.ofNullable(json.get("reason")).map(JsonNode::asString),
              Optional.ofNullable(json.get("summary")).map(EventJson::map).orElse(Map.of()),
              json.path("pid").asLong());
      case "progress" ->
          new Event.Progress(
              at,
              json.path("done").asLong(),
              json.path("total").asLong(),
              json.path("unit").asString(),
              Optional.ofNullable(json.get("secondsLeft")).map(JsonNode::asDouble));
      case "metric" -> new Event.Metric(at, json.path("step").asLong(), values(json));
      case "warning" -> new Event.Warning(at, json.path("text").asString());
      case "sample" ->
          new Event.Sample(
              at,
              json.path("step").asLong(),
              json.path("prompt").asString(),
              json.path("text").asString());
      case "artefact" -> new Event.Artefact(at, json.path("path").asString());
      default -> {
        Map<String, Object> fields = map(json);
        fields.remove("at");
        fields.remove("event");
        yield new Event.Other(at, kind, fields);
      }
    };
  }

  private static Map<String, Double> values(JsonNode json) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> value : json.path("values").properties()) {
      JsonNode number = value.getValue();
      values.put(
          value.getKey(),
          number.isNumber() ? number.asDouble() : Double.parseDouble(number.asString()));
    }
    return values;
  }

  private static Map<String, Object> map(JsonNode json) {
    return MAPPER.convertValue(json, FIELDS);
  }
}
