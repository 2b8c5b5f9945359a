package dev.kawi.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A function that a model may ask for.
///
/// @param name its name, which calls refer to
/// @param description what it does, for the model to read
/// @param parameters a JSON schema of its arguments, as plain data
public record Tool(String name, String description, Map<String, @Nullable Object> parameters) {
  /// Copies the schema, in its order.
  public Tool {
    if (name.isBlank()) {
      throw new IllegalArgumentException("tool: expected a name, found a blank one");
    }
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }
}
