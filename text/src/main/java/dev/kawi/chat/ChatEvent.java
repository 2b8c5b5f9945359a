package dev.kawi.chat;

/// A piece of an answer as it comes.
public sealed interface ChatEvent {
  /// Text of the answer, in whole code points.
  record Text(String text) implements ChatEvent {}

  /// Text that the model thinks and does not say.
  record Reasoning(String text) implements ChatEvent {}

  /// A tool call began.
  ///
  /// @param id no other call of the conversation has it
  /// @param name the tool
  record ToolCallStarted(String id, String name) implements ChatEvent {}

  /// The next piece of a call's arguments.
  ///
  /// @param id the call
  /// @param json the pieces of a call put together are a JSON object
  record ToolCallArguments(String id, String json) implements ChatEvent {}

  /// A tool call is whole.
  record ToolCallCompleted(ToolCall call) implements ChatEvent {}

  /// The end, with the whole answer; the last event.
  record Done(ChatReply reply) implements ChatEvent {}
}
