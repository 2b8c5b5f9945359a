package dev.kawi.chat;

/// Whether a model calls tools.
public sealed interface ToolChoice {
  /// As it likes.
  ToolChoice AUTO = new Auto();

  /// It calls none; they are not shown to it.
  ToolChoice NONE = new None();

  /// It calls one or more.
  ToolChoice REQUIRED = new Required();

  /// As the model likes.
  record Auto() implements ToolChoice {}

  /// None.
  record None() implements ToolChoice {}

  /// One or more.
  record Required() implements ToolChoice {}

  /// This one.
  record Named(String tool) implements ToolChoice {}
}
