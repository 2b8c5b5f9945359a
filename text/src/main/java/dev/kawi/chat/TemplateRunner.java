package dev.kawi.chat;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.json.JsonMapper;

/// Renders a template with variables that are written in JSON, as Python's `json` module reads it.
public final class TemplateRunner {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private TemplateRunner() {}

  /// What came of one set of variables.
  public sealed interface Outcome {
    /// It rendered.
    record Success(Rendered rendered) implements Outcome {}

    /// The template is broken, failed, or refused.
    record Failure(TemplateException cause) implements Outcome {}
  }

  /// The sets of variables in a JSON text: an object is one, an array of objects is several.
  ///
  /// @throws IllegalArgumentException when the text is neither
  public static List<Map<String, @Nullable Object>> contexts(String json) {
    @Nullable Object parsed;
    try {
      parsed = JSON.readValue(json, Object.class);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "template context: expected JSON, found: " + e.getOriginalMessage(), e);
    }
    List<Map<String, @Nullable Object>> contexts = new ArrayList<>();
    if (parsed instanceof List<?> list) {
      list.forEach(one -> contexts.add(context(one)));
    } else {
      contexts.add(context(parsed));
    }
    return contexts;
  }

  private static Map<String, @Nullable Object> context(@Nullable Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(
          "template context: expected an object of variables or an array of such objects, found "
              + (value == null ? "null" : value.getClass().getSimpleName()));
    }
    Map<String, @Nullable Object> context = new LinkedHashMap<>();
    map.forEach((name, variable) -> context.put(String.valueOf(name), variable));
    return context;
  }

  /// Renders a template with each set of variables; a template that cannot be parsed fails for each
  /// of them.
  public static List<Outcome> run(
      String template, List<Map<String, @Nullable Object>> contexts, LocalDateTime now) {
    ChatTemplate parsed;
    try {
      parsed = ChatTemplate.parse(template);
    } catch (TemplateException e) {
      return contexts.stream().<Outcome>map(context -> new Outcome.Failure(e)).toList();
    }
    return contexts.stream().map(context -> run(parsed, context, now)).toList();
  }

  private static Outcome run(
      ChatTemplate template, Map<String, @Nullable Object> context, LocalDateTime now) {
    try {
      return new Outcome.Success(template.render(context, now));
    } catch (TemplateException e) {
      return new Outcome.Failure(e);
    }
  }

  /// An outcome as scripts read it: `{"text": ...}` or `{"error": ...}`.
  public static Map<String, String> plain(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Success success -> Map.of("text", success.rendered().text());
      case Outcome.Failure failure -> Map.of("error", String.valueOf(failure.cause().getMessage()));
    };
  }
}
