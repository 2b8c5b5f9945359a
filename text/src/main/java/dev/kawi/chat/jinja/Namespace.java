package dev.kawi.chat.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `namespace(...)`: the one thing a template can change.
final class Namespace extends Obj {
  private final Map<String, Value> attributes = new LinkedHashMap<>();

  void set(String name, Value value) {
    attributes.put(name, value);
  }

  Dict asDict() {
    return Dict.of(attributes);
  }

  @Override
  String typeName() {
    return "Namespace";
  }

  @Override
  @Nullable Value attribute(String name) {
    return attributes.get(name);
  }
}
