package dev.kawi.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model's wish to have a tool run.
///
/// @param id what the tool's result refers to
/// @param name the tool's name
/// @param arguments plain data by parameter name: strings, numbers, booleans, nulls, and lists and
///   maps of these
public record ToolCall(String id, String name, Map<String, @Nullable Object> arguments) {
  /// Copies the arguments, in their order.
  public ToolCall {
    arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
  }
}
