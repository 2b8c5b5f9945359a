package dev.kawi.grammar;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where in the described value a schema applies, for messages: `tool weather: $.days[].date`.
///
/// @param parent the place around it; null at the top
/// @param step what is added to the parent's path
/// @param depth how many places are around it
record SchemaPlace(@Nullable SchemaPlace parent, String step, int depth) {
  static SchemaPlace top(String tool) {
    return new SchemaPlace(null, (tool.isEmpty() ? "" : "tool " + tool + ": ") + "$", 0);
  }

  SchemaPlace property(String name) {
    return under("." + name);
  }

  SchemaPlace elements() {
    return under("[]");
  }

  SchemaPlace element(int index) {
    return under("[" + index + "]");
  }

  /// A schema for the same value, such as the second one of `anyOf`.
  SchemaPlace same() {
    return under("");
  }

  private SchemaPlace under(String next) {
    return new SchemaPlace(this, next, depth + 1);
  }

  GrammarException error(String keyword, String message) {
    return new GrammarException("json schema: %s: %s: %s".formatted(this, keyword, message));
  }

  @Override
  public String toString() {
    StringBuilder path = new StringBuilder();
    for (String next : steps()) {
      path.append(next);
    }
    return path.length() > 300 ? path.substring(0, 300) + "..." : path.toString();
  }

  private List<String> steps() {
    Deque<String> steps = new ArrayDeque<>();
    for (SchemaPlace place = this; place != null; place = place.parent) {
      steps.addFirst(place.step);
    }
    return List.copyOf(steps);
  }
}
