package dev.kawi.chat.jinja;

import java.util.HashMap;
import java.util.Map;

/// The filters by name; [TextFilters] and [SequenceFilters] define them.
final class Filters {
  /// What a filter does with its input and arguments.
  interface Filter {
    Value apply(Rendering rendering, Value input, Args args);
  }

  private static final Map<String, Filter> ALL = new HashMap<>();

  static {
    TextFilters.register(ALL);
    NumberFilters.register(ALL);
    SequenceFilters.register(ALL);
  }

  private Filters() {}

  static boolean exists(String name) {
    return ALL.containsKey(name);
  }

  /// What is said of a filter that there is not.
  static String unknown(String name) {
    return name.equals("urlize")
        ? "The filter urlize is not supported: a prompt has no links."
        : "No filter named '" + name + "'.";
  }

  static Value apply(Rendering rendering, String name, Value input, Args args) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw JinjaException.evaluation(unknown(name));
    }
    if (input instanceof Text text) {
      rendering.budget.chars(2L * text.units() + text.rawSpans().length);
    }
    return filter.apply(rendering, input, args);
  }
}
